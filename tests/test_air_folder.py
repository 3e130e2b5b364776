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
from air.capture import CENTRAL, MS, PERIPHERAL, US  # noqa: E402
from air.room import ADVERTISER, PHONE, data_packets, good_room  # noqa: E402
from air.secret_room import secret_room  # noqa: E402

RPA = bytes.fromhex("112233445566")
ZERO = 1577836800 * 1000 * MS  # 2020-01-01T00:00:00Z


def connected(at, role, peer=ADVERTISER, rpa=None, status=0):
    """LE (Enhanced) Connection Complete; `at` is in ns of virtual time."""
    body = bytes([0x0A if rpa else 1, status, 0x40, 0, role, 1]) + peer
    body += (bytes(6) + rpa if rpa else b"") + bytes(7)
    return (hosts.EPOCH_US + (ZERO + at) // US, 1,
            b"\x04\x3e" + bytes([len(body)]) + body)


def trace(*packets):
    """An HCI trace of packets with stamps."""
    return keys.HEADER + b"".join(
        keys.RECORD.pack(len(packet), len(packet), direction, 0, stamp) + packet
        for stamp, direction, packet in packets)


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
    def test_connections(self):
        octets = trace(connected(5 * MS, 0), connected(7 * MS, 1, PHONE, RPA),
                       connected(9 * MS, 0, status=0x3E), (0, 1, b"\x04\x3e\x01\x01"),
                       (0, 1, b"\x04"), (0, 0, b"\x01\x05\x20\x00"), connected(11 * MS, 2))
        self.assertEqual(list(hosts.connections_of(octets)),
                         [(ZERO + 5 * MS, CENTRAL, {ADVERTISER}),
                          (ZERO + 7 * MS, PERIPHERAL, {PHONE, RPA}),
                          (ZERO + 11 * MS, None, {ADVERTISER})])

    def test_who_is_judged(self):
        """What a tester does is not; what a device does that has a host, is."""
        room, _ = good_room()
        (ind,) = [p for p in room.packets if p["channel"] == 37 and p["pdu"][0] & 0x0F == 5]
        soon, late = ind["start"] + MS, ind["start"] + 200 * MS
        broken = data_packets(room)[0]  # of the central
        broken["pdu"] = b"\x00" + broken["pdu"][1:]
        room.event(5000 * MS)
        room.packets[-1]["channel"] = 37  # advertisers are not told apart
        for name, traces, judged in (
                ("no hosts", {}, False),
                ("the central", {"phone": trace(connected(soon, 0))}, True),
                ("its address was resolved", {"a": trace(connected(soon, 0, RPA, ADVERTISER))}, True),
                ("with another peer", {"phone": trace(connected(soon, 0, RPA))}, False),
                ("the peripheral", {"hrm": trace(connected(soon, 1, PHONE))}, False),
                ("a connection before", {"phone": trace(connected(0, 0))}, False),
                ("a connection behind", {"phone": trace(connected(late, 0))}, False),
                ("both", {"a": trace(connected(soon, 1, PHONE)), "b": trace(connected(soon, 0))},
                 True)):
            with tempfile.TemporaryDirectory() as folder, self.subTest(name):
                path = pathlib.Path(folder) / "air.pcap"
                path.write_bytes(room.write())
                for device, octets in traces.items():
                    path.with_name(device + ".btsnoop").write_bytes(octets)
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    status = air_check.main(["--tester", str(path)])
                self.assertEqual(status, int(judged), out.getvalue())
                self.assertEqual("LLID 0" in out.getvalue(), judged)

    def test_a_broken_trace(self):
        self.assertRaises(keys.Trouble, list, hosts.connections_of(b"nonsense"))


if __name__ == "__main__":
    unittest.main()
