#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of air_check.py: encrypted connections that keep every rule, and those that break one."""

import os
import shutil
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from air.capture import CENTRAL, MS, PERIPHERAL  # noqa: E402
from air.checking import check  # noqa: E402
from air.room import Room  # noqa: E402
from air.secret_room import (ENC_REQ, ENC_RSP, PAUSE_ENC_REQ, PAUSE_ENC_RSP,  # noqa: E402
                             START_ENC_REQ, START_ENC_RSP, SecretLink, secret_room)

ATT = b"\x03\x00\x04\x00\x0a\x03\x00"
VERSION = b"\x0c\x0d\xff\xff\x00\x00"
BOTH = {CENTRAL, PERIPHERAL}


def central(link, payload, llid=3):
    link.event((llid, payload))


def peripheral(link, payload, llid=3):
    link.event(peripheral=(llid, payload))


def ask(link):
    central(link, ENC_REQ)


def answer(link):
    ask(link)
    peripheral(link, ENC_RSP)


def begin(link):
    answer(link)
    peripheral(link, START_ENC_REQ)


def half(link):
    begin(link)
    link.secret = {CENTRAL}
    central(link, START_ENC_RSP)


def started(link):
    link.start_encryption()


def pausing(link):
    link.start_encryption()
    central(link, PAUSE_ENC_REQ)


def half_paused(link):
    pausing(link)
    peripheral(link, PAUSE_ENC_RSP)


def paused(link):
    link.start_encryption()
    link.pause_encryption()


QUIET = "sends data, or another procedure's PDU, when the connection is "
CLEAR = "sends in clear, or what nobody can decrypt, though encryption has begun"
EARLY = "encrypts, though encryption has not begun"

# Name, what comes before, who then sends what, who encrypts at that moment (None: as it is), and
# what is told; "" is fine.
ROWS = [
    ("data before", lambda link: None, central, ATT, 2, None, ""),
    ("data of the peripheral, asked", ask, peripheral, ATT, 2, None, ""),
    ("data of the central, asked", ask, central, ATT, 2, None, QUIET + "asked"),
    ("a version of the central, asked", ask, central, VERSION, 3, None, QUIET + "asked"),
    ("an end, asked", ask, central, b"\x02\x13", 3, None, ""),
    ("a refusal", ask, peripheral, b"\x0d\x06", 3, None, ""),
    ("data of the peripheral, answered", answer, peripheral, ATT, 2, None, QUIET + "answered"),
    ("a version of the peripheral, answered", answer, peripheral, VERSION, 3, None,
     QUIET + "answered"),
    ("a refusal after the answer", answer, peripheral, b"\x11\x03\x06", 3, None, ""),
    ("data of the central, starting", begin, central, ATT, 2, None, QUIET + "starting"),
    ("encrypted data before LL_START_ENC_RSP", begin, central, ATT, 2, {CENTRAL}, EARLY),
    ("LL_START_ENC_RSP in clear", begin, central, START_ENC_RSP, 3, None,
     "LL_START_ENC_RSP of the central, in clear, when the connection is starting"),
    ("the peripheral's LL_START_ENC_RSP first", begin, peripheral, START_ENC_RSP, 3, BOTH, EARLY),
    ("data of the central, half started", half, central, ATT, 2, None, QUIET + "half started"),
    ("in clear of the central, half started", half, central, ATT, 2, set(), CLEAR),
    ("LL_START_ENC_RSP in clear of the peripheral", half, peripheral, START_ENC_RSP, 3, None,
     "LL_START_ENC_RSP of the peripheral, in clear, when the connection is half started"),
    ("encrypted data of the peripheral, half started", half, peripheral, ATT, 2, BOTH, EARLY),
    ("encrypted data", started, central, ATT, 2, None, ""),
    ("encrypted control", started, peripheral, VERSION, 3, None, ""),
    ("data in clear", started, central, ATT, 2, set(), CLEAR),
    ("data in clear of the peripheral", started, peripheral, ATT, 2, set(), CLEAR),
    ("control in clear", started, peripheral, b"\x02\x13", 3, set(), CLEAR),
    ("LL_ENC_REQ without a pause", started, central, ENC_REQ, 3, None,
     "LL_ENC_REQ of the central, encrypted, when the connection is encrypted"),
    ("LL_START_ENC_REQ once more", started, peripheral, START_ENC_REQ, 3, set(), CLEAR),
    ("LL_PAUSE_ENC_REQ in clear", started, central, PAUSE_ENC_REQ, 3, set(), CLEAR),
    ("LL_PAUSE_ENC_REQ of the peripheral", started, peripheral, PAUSE_ENC_REQ, 3, None,
     "LL_PAUSE_ENC_REQ of the peripheral, encrypted, when the connection is encrypted"),
    ("data of the peripheral, pausing", pausing, peripheral, ATT, 2, None, ""),
    ("data of the central, pausing", pausing, central, ATT, 2, None, QUIET + "pausing"),
    ("data of the peripheral, half paused", half_paused, peripheral, ATT, 2, None,
     QUIET + "half paused"),
    ("LL_PAUSE_ENC_RSP of the central, encrypted", half_paused, central, PAUSE_ENC_RSP, 3, None,
     "LL_PAUSE_ENC_RSP of the central, encrypted, when the connection is half paused"),
    ("data of the central, paused", paused, central, ATT, 2, None, QUIET + "paused"),
    ("data of the peripheral, paused", paused, peripheral, ATT, 2, None, QUIET + "paused"),
    ("encrypted data, paused", paused, central, ATT, 2, BOTH, EARLY),
    ("LL_ENC_RSP unasked", paused, peripheral, ENC_RSP, 3, None,
     "LL_ENC_RSP of the peripheral, in clear, when the connection is paused"),
    ("data of the peripheral, asked for a fresh key", lambda link: (paused(link), ask(link)),
     peripheral, ATT, 2, None, QUIET + "asked"),
    ("LL_START_ENC_REQ out of the blue", lambda link: None, peripheral, START_ENC_REQ, 3, None,
     "LL_START_ENC_REQ of the peripheral, in clear, when the connection is clear"),
    ("an LL_ENC_REQ that is too short", lambda link: central(link, ENC_REQ[:-1]), peripheral, ATT, 2,
     None, ""),
    ("LL_ENC_REQ of the peripheral", lambda link: None, peripheral, ENC_REQ, 3, None,
     "LL_ENC_REQ of the peripheral, in clear, when the connection is clear"),
]


@unittest.skipUnless(shutil.which("openssl"), "no openssl")
class Secret(unittest.TestCase):
    def room(self):
        room = Room()
        room.make_link = SecretLink
        return room, room.connect(10 * MS)

    def test_rows(self):
        for name, before, send, payload, llid, secret, told in ROWS:
            with self.subTest(name):
                room, link = self.room()
                before(link)
                if secret is not None:
                    link.secret = secret
                send(link, payload, llid)
                _, lines = check(room, raw=True)
                if not told:
                    self.assertEqual(lines, [])
                    continue
                self.assertIn(told, lines[0])
                self.assertIn(" (Core v5.4, Vol 6, Part B, 5.1.3.", lines[0])
                number = len(room.packets)
                self.assertRegex(lines[0], rf"^packet ({number}|{number - 1}), ")

    def test_good(self):
        room, _ = secret_room()
        for raw in (True, False):
            # The peripheral does not hear one packet.
            self.assertEqual(check(room, "--lossy", raw=raw), (0, []))

    def test_a_wrong_mic(self):
        room, link = self.room()
        started(link)
        central(link, ATT, 2)
        room.packets[-2]["mic_valid"] = False
        _, lines = check(room, raw=True)
        self.assertEqual(len(lines), 1)
        self.assertIn("the MIC is wrong (Core v5.4, Vol 6, Part B, 5.1.3.1", lines[0])

    def test_what_is_sent_in_clear_says_nothing(self):
        """The peer cannot take it for an end of the connection."""
        room, link = self.room()
        started(link)
        link.secret = set()
        central(link, b"\x02\x13")
        link.secret = BOTH
        link.event()
        link.event()
        _, lines = check(room, raw=True)
        self.assertEqual(len(lines), 1)
        self.assertIn(CLEAR, lines[0])

    def test_crc_of_what_was_sent(self):
        room, link = self.room()
        started(link)
        self.assertEqual(check(room, raw=True), (0, []))
        room.packets[-1]["crc"] = b"abc"
        self.assertIn("CRC 616263 is wrong", check(room, raw=True)[1][0])
        self.assertEqual(check(room), (0, []))  # nobody knows what was sent

    def test_instants_are_followed(self):
        """A channel map that an encrypted PDU tells."""
        room, link = self.room()
        started(link)
        instant = link.number + 3
        central(link, b"\x01\xff\xff\x00\x00\x00" + struct.pack("<H", instant))
        for _ in range(8):
            if link.number == instant:
                link.used = list(range(16))
            link.event()
        self.assertEqual(check(room, raw=True), (0, []))
        room.packets[-1]["channel"] ^= 1
        self.assertIn("by algorithm #1", check(room, raw=True)[1][0])

    def test_length(self):
        """The MIC does not count among the octets that were agreed, but takes its time."""
        for octets, wrong in ((27, False), (28, True)):
            room, link = self.room()
            started(link)
            central(link, bytes(octets), 2)
            self.assertEqual(bool(check(room, raw=True)[1]), wrong, octets)
        for octets, wrong in ((111, False), (112, True)):  # 1000 us
            room, link = self.room()
            started(link)
            link.event((3, b"\x14\xfb\x00\x48\x08\xfb\x00\x48\x08"))
            link.event((1, b""), (3, b"\x15\xfb\x00\xe8\x03\xfb\x00\x48\x08"))
            central(link, bytes(octets), 2)
            self.assertEqual(bool(check(room, raw=True)[1]), wrong, octets)

    def test_a_raw_view_of_another_room(self):
        room, link = self.room()
        started(link)
        self.assertEqual(check(room.write(), raw=False), (0, []))
        self.assertEqual(check(Pair(room.write(), self.room()[0].write()), raw=True)[0], 2)
        other, link = self.room()
        link.anchor += MS
        started(link)
        self.assertEqual(check(Pair(room.write(), other.write()), raw=True)[0], 2)


class Pair:
    """Two files that do not belong together."""

    def __init__(self, decoded, raw):
        self.files = {True: decoded, False: raw}

    def write(self, decoded=True):
        return self.files[decoded]


if __name__ == "__main__":
    unittest.main()
