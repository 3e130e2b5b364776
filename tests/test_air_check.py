#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of air_check.py: rooms that keep every rule, and files that are none."""

import contextlib
import io
import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import air_check  # noqa: E402
from air import capture  # noqa: E402
from air.capture import CENTRAL, MS, PERIPHERAL, US  # noqa: E402
from air.checking import check  # noqa: E402
from air.room import Room, data_packets, good_room  # noqa: E402


class Good(unittest.TestCase):
    def test_every_rule_kept(self):
        for flags in ({}, {"flags": 0xA0}, {"flags": 0xA0, "advertising_flags": 0x60}):
            for resolution in (1, 1000):
                for order in "<>":
                    with self.subTest(flags=flags, resolution=resolution, order=order):
                        room, _ = good_room(**flags)
                        self.assertEqual(check(room, resolution=resolution, order=order), (0, []))

    def test_few_channels(self):
        room, _ = good_room(channel_map=b"\x00\x06\xe0\x00\x1e")
        self.assertEqual(check(room), (0, []))

    def test_empty(self):
        self.assertEqual(check(Room()), (0, []))

    def lose_acknowledgement(self):
        """SN 0 again after it was acknowledged."""
        room = Room()
        link = room.connect(10 * MS)
        link.pdu(link.anchor, CENTRAL, 2, b"x")
        link.nesn[PERIPHERAL] = 1
        link.pdu(room.now + 150 * US, PERIPHERAL)
        link.next()
        link.pdu(link.anchor, CENTRAL, 2, b"x")
        return room

    def test_lost_acknowledgement(self):
        """Allowed in a lossy room alone..."""
        room = self.lose_acknowledgement()
        self.assertEqual(check(room, "--lossy"), (0, []))
        status, lines = check(room)
        self.assertEqual(status, 1)
        self.assertIn("SN 0 again, though it was acknowledged", lines[0])

    def test_collided_acknowledgement(self):
        """...or where another packet begins before it ends, on the same or the next channel."""
        for shift, apart, good in ((79999, 0, True), (79999, 1, True), (80000, 0, False),
                                   (0, 2, False), (-351999, -1, True), (-352000, 0, False)):
            with self.subTest(shift=shift, apart=apart):
                room = self.lose_acknowledgement()
                acknowledgement = room.packets[-2]
                room.send(acknowledgement["start"] + shift, acknowledgement["channel"] + apart,
                          0x12345678, 0, bytes([1, 34]) + bytes(34))
                room.packets.sort(key=lambda packet: packet["start"])
                self.assertEqual(check(room, "--partial")[0], 0 if good else 1)

    def test_disturbed_and_not_answered(self):
        """A peripheral may not hear what another packet overlaps."""
        for apart, good in ((0, True), (2, False)):
            room = Room()
            link = room.connect(10 * MS)
            link.event()
            packet = link.pdu(link.anchor, CENTRAL)
            link.next()
            link.event()
            room.send(packet["start"], packet["channel"] + apart, 0x12345678, 0, b"\x01\x00")
            room.packets.sort(key=lambda packet: packet["start"])
            self.assertEqual(check(room, "--partial")[0], 0 if good else 1)

    def test_drift(self):
        room = Room()
        link = room.connect(10 * MS)
        for _ in range(20):
            link.event()
            link.anchor += 3 * US
        self.assertEqual(check(room, "--drift-ppm", "100"), (0, []))
        self.assertEqual(check(room, "--drift-ppm", "99")[0], 1)

    def test_connection_update(self):
        room = Room()
        link = room.connect(10 * MS)
        link.event((3, b"\x00" + struct.pack("<BHHHHH", 2, 4, 40, 0, 100, 3)))
        link.event()
        link.next()
        link.anchor += 5 * MS + 100 * US  # event 2 was left out; the instant's is in its window
        link.interval = 50 * MS
        for _ in range(5):
            link.event()
        self.assertEqual(check(room), (0, []))
        late = data_packets(room)[4]
        late["start"] += 2500 * US
        self.assertIn("transmit window of the connection update", check(room)[1][0])

    def test_channel_map_update(self):
        room = Room()
        link = room.connect(10 * MS)
        link.event((3, b"\x01\xff\xff\x00\x00\x00" + struct.pack("<H", 4)))
        for number in range(1, 10):
            if number == 4:
                link.used = list(range(16))
            link.event()
        self.assertEqual(check(room), (0, []))

    def test_phy_update(self):
        room = Room()
        link = room.connect(10 * MS)
        link.event((3, b"\x18\x02\x00" + struct.pack("<H", 2)))
        link.event()
        link.pdu(link.anchor, CENTRAL, phy="2M")
        link.nesn[PERIPHERAL] ^= 1
        link.pdu(room.now + 150 * US, PERIPHERAL)
        self.assertEqual(check(room), (0, []))
        data_packets(room)[4]["phy"] = "1M"
        self.assertIn("PHY 1M in event 2", check(room)[1][0])

    def test_phy_update_coded(self):
        """The sender chooses the coding, packet by packet."""
        for phy in ("S8", "S2"):
            room = Room()
            link = room.connect(10 * MS)
            link.event((3, b"\x18\x04\x00" + struct.pack("<H", 2)))
            link.event()
            link.pdu(link.anchor, CENTRAL, phy=phy)
            link.nesn[PERIPHERAL] ^= 1
            link.pdu(room.now + 150 * US, PERIPHERAL)
            self.assertEqual(check(room), (0, []))

    def test_data_length(self):
        def talk(link, octets):
            link.event((3, b"\x14\xfb\x00\x48\x08\x64\x00\x48\x08"))
            link.event((1, b""), (3, b"\x15\xfb\x00\xe8\x03\xfb\x00\x48\x08"))
            link.event((2, bytes(octets)))

        for octets, wrong in ((100, False), (101, True), (27, False)):
            room, _ = good_room()
            talk(room.connect(5000 * MS), octets)
            self.assertEqual(bool(check(room)[1]), wrong, octets)
        room, _ = good_room()
        room.connect(5000 * MS).event((2, bytes(28)))
        self.assertIn("28 octets", check(room)[1][0])

    def test_data_time(self):
        for octets, wrong in ((115, False), (116, True)):  # 1000 us
            room, _ = good_room()
            link = room.connect(5000 * MS)
            link.event((3, b"\x14\xfb\x00\x48\x08\xfb\x00\x48\x08"))
            link.event((1, b""), (3, b"\x15\xfb\x00\xe8\x03\xfb\x00\x48\x08"))
            link.event((2, bytes(octets)))
            self.assertEqual(bool(check(room)[1]), wrong, octets)

    def test_pause(self):
        """Two intervals and more between events: something else had the radio, or a pause."""
        room = Room()
        for start in (5, 106, 211, 413, 520, 9000, 9110):
            room.event(start * MS)
        self.assertEqual(check(room), (0, []))

    def test_high_duty_cycle(self):
        """Events follow each other at once, for 1.28 s; then a run may begin anew."""
        for used in ((37, 38, 39), (37, 39), (38,)):
            with self.subTest(channels=used):
                room = Room()
                for start in range(5000, 1285000, 3750):
                    room.directed(start * US, used)
                for start in range(1290000, 2000000, 3000):
                    room.directed(start * US, used)
                self.assertEqual(check(room), (0, []))

    def test_low_duty_cycle_directed(self):
        room = Room()
        for start in (5, 25, 50, 80):
            room.directed(start * MS)
        self.assertEqual(check(room), (0, []))

    def test_partial(self):
        room, _ = good_room()
        room.packets = data_packets(room)
        self.assertEqual(check(room, "--partial"), (0, []))
        self.assertIn("access address 50656545 of no connection", check(room)[1][0])

    def test_tester_with_bad_crc(self):
        room, _ = good_room()
        room.packets[0]["crc"] = b"\x01\x02\x03"
        room.packets[0]["valid"] = False
        self.assertEqual(check(room), (0, []))

    def test_coded(self):
        self.assertEqual(capture.air_time("S8", 2), 720 * US)
        self.assertEqual(capture.air_time("S2", 257), 4542 * US)


class Trouble(unittest.TestCase):
    """Files that are no captures: exit status 2, and where."""

    def expect(self, data, what):
        status, text = check(data)
        self.assertEqual(status, 2)
        self.assertIn(what, text)

    def test_files(self):
        room, _ = good_room()
        whole = room.write()
        self.expect(b"", "not a pcap file")
        self.expect(b"\x0a\x0d\x0d\x0a" + whole[4:], "not a pcap file")
        self.expect(whole[:30], "packet 1: the file ends within its header")
        self.expect(whole[:-1], "only a part of it is there")
        self.expect(whole[:-1], f"packet {len(room.packets)}")
        self.expect(room.write(link_type=251), "link type 251, not 256")

    def test_packets(self):
        room = Room()
        room.event(5 * MS)
        whole = bytearray(room.write())
        for at, octet, what in ((40, 40, "RF channel 40"), (48, 0x12, "whitened"),
                                (44, 0, "reference access address"), (49, 0xCC, "no such PHY")):
            bad = bytearray(whole)
            bad[at] = octet
            self.expect(bytes(bad), what)
        short = whole[:24] + struct.pack("<IIII", 0, 0, 18, 18) + whole[40:58]
        self.expect(bytes(short), "18 octets are too few")

    def test_missing(self):
        err = io.StringIO()
        with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(air_check.main(["/nowhere/at/all.pcap"]), 2)
        self.assertIn("No such file", err.getvalue())

    def test_any_bytes(self):
        """Nothing crashes on a capture with any one octet changed."""
        room = Room()
        room.scan(5 * MS)
        link = room.connect(110 * MS)
        link.event()
        whole = room.write()
        for at in range(24, len(whole)):
            for value in (0, 0xFF, whole[at] ^ 1):
                data = bytearray(whole)
                data[at] = value
                check(bytes(data))


if __name__ == "__main__":
    unittest.main()
