#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of what air_check.py counts with: channel selection and CRC, against known values."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from air import capture, channels  # noqa: E402
from air.room import ALL_CHANNELS  # noqa: E402

# Core v5.4, Vol 6, Part C, 3.1 and 3.2 (sample data), and tables computed by hand for algorithm #1.
ALGORITHM_2 = [
    ("ffffffff1f", 0, [25, 20, 6, 21]),
    ("0006e0001e", 6, [23, 9, 34]),
]


class Vectors(unittest.TestCase):
    def test_algorithm_2(self):
        for channel_map, first, expected in ALGORITHM_2:
            used = channels.used_channels(bytes.fromhex(channel_map))
            got = [channels.algorithm_2(0x8E89BED6, used, first + i) for i in range(len(expected))]
            self.assertEqual(got, expected)

    def test_algorithm_1(self):
        every = channels.used_channels(ALL_CHANNELS)
        self.assertEqual([channels.algorithm_1(5, every, i) for i in range(9)],
                         [5, 10, 15, 20, 25, 30, 35, 3, 8])
        nine = channels.used_channels(bytes.fromhex("0006e0001e"))
        self.assertEqual([channels.algorithm_1(13, nine, i) for i in range(9)],
                         [23, 36, 21, 34, 10, 23, 36, 22, 34])

    def test_crc(self):
        """An ADV_IND as Core v5.4, Vol 6, Part B, 3.1.1 makes its CRC."""
        pdu = bytes.fromhex("00177e0100d0220002010603020d1806ff6b00031652020a00")
        self.assertEqual(capture.crc24(0x555555, pdu).hex(), "f40992")


if __name__ == "__main__":
    unittest.main()
