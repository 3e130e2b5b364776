#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of what is made of the traces beside a capture: what sniffers heard, and who has a host."""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import air_check  # noqa: E402
from air import heard, hosts, keys  # noqa: E402
from air.room import ADVERTISER, PHONE, data_packets, good_room  # noqa: E402
from air.secret_room import btsnoop, secret_room  # noqa: E402


def bd_addr(octets):
    return 1, b"\x04\x0e\x0a\x01\x09\x10\x00" + octets


def random_address(octets):
    return 0, b"\x01\x05\x20\x06" + octets


class Heard(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.room, _ = secret_room()
        (self.folder / "air-raw.pcap").write_bytes(self.room.write(decoded=False))

    def told(self, decoded=False):
        ear = self.folder / "ear.pcap"
        ear.write_bytes(self.room.write(decoded=decoded))
        return heard.compare(ear)

    def test_good(self):
        self.assertEqual(self.told(), [])
        del self.room.packets[3:20]
        self.assertEqual(self.told(), [])

    def test_a_collision(self):
        packet = self.room.packets[4]
        packet["crc"] = b"abc"
        self.assertIn("packet 5: other octets than were sent, with a right CRC", self.told())
        packet["valid"] = False
        self.assertEqual(self.told(), [])
        packet["pdu"] = b"\x00\x09" + packet["pdu"][2:]
        self.assertEqual(self.told(), [])

    def test_what_nobody_sent(self):
        for what, value in (("start", 1), ("channel", 3), ("access_address", 0x12345678),
                            ("phy", "2M")):
            packet = self.room.packets[4]
            kept, packet[what] = packet[what], value
            self.assertEqual(self.told(), ["packet 5: nobody has sent it"], what)
            packet[what] = kept

    def test_a_right_crc_called_wrong(self):
        self.room.packets[4]["valid"] = False
        self.assertEqual(self.told(), ["packet 5: the octets that were sent, with a wrong CRC"])

    def test_a_sniffer_that_knows_too_much(self):
        self.assertIn("packet 11: a sniffer cannot decrypt", self.told(decoded=True))

    def test_no_capture(self):
        (self.folder / "air-raw.pcap").write_bytes(b"")
        self.assertEqual(self.told(), ["not a pcap file"])


class Hosts(unittest.TestCase):
    def test_addresses(self):
        enhanced = 1, (b"\x04\x3e\x1f\x0a\x00\x40\x00\x00" + b"\x00" + PHONE +
                       bytes.fromhex("112233445566") + bytes(6) + bytes(7))
        local = 1, b"\x04\x0e\x0a\x01\x2c\x20\x00" + bytes.fromhex("aabbccddee4f")
        failed = 1, b"\x04\x0e\x0a\x01\x09\x10\x0c" + PHONE
        trace = btsnoop(bd_addr(PHONE), random_address(ADVERTISER), enhanced, local, failed,
                        (0, b"\x01"), (1, b"\x04\x0e"))
        self.assertEqual(list(hosts.addresses_of(trace)),
                         [(0, PHONE), (1, ADVERTISER), (1, bytes.fromhex("112233445566")),
                          (1, bytes.fromhex("aabbccddee4f"))])

    def test_who_is_judged(self):
        """What a tester does is not; what a device does that has a host, is."""
        room, _ = good_room()
        broken = data_packets(room)[0]  # of the central, which is PHONE, of a public address
        broken["pdu"] = b"\x00" + broken["pdu"][1:]
        for name, traces, judged in (
                ("no hosts", {}, False),
                ("the central", {"phone": btsnoop(bd_addr(PHONE))}, True),
                ("the peripheral", {"hrm": btsnoop(random_address(ADVERTISER))}, False),
                ("another type", {"phone": btsnoop(random_address(PHONE))}, False),
                ("both", {"phone": btsnoop(bd_addr(PHONE)),
                          "hrm": btsnoop(random_address(ADVERTISER))}, True)):
            with tempfile.TemporaryDirectory() as folder, self.subTest(name):
                path = pathlib.Path(folder) / "air.pcap"
                path.write_bytes(room.write())
                for trace, octets in traces.items():
                    path.with_name(trace + ".btsnoop").write_bytes(octets)
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    status = air_check.main(["--tester", str(path)])
                self.assertEqual(status, int(judged), out.getvalue())
                self.assertEqual("LLID 0" in out.getvalue(), judged)

    def test_a_broken_trace(self):
        self.assertRaises(keys.Trouble, list, hosts.addresses_of(b"nonsense"))


if __name__ == "__main__":
    unittest.main()
