#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of air_check.py: a room that keeps every rule but one."""

import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from air.capture import CENTRAL, MS, PERIPHERAL, US  # noqa: E402
from air.checking import check  # noqa: E402
from air.room import ADVERTISER, PHONE, Room, data_packets, good_room  # noqa: E402


class Broken(unittest.TestCase):
    """Each test breaks one thing in the good room and expects to be told of it, first."""

    def setUp(self):
        self.room, self.link = good_room()
        self.data = data_packets(self.room)

    def expect(self, what, *options):
        status, lines = check(self.room, *options)
        self.assertEqual(status, 1)
        self.assertIn(what, lines[0])
        self.assertRegex(lines[0], r"^packet \d+, \d+\.\d{9} s: .* \(Core v5\.4, Vol 6, Part B, ")

    def expect_alone(self, what, *options):
        self.expect(what, *options)
        self.assertEqual(len(check(self.room, *options)[1]), 1)

    def change(self, packet, index, octet):
        pdu = bytearray(packet["pdu"])
        pdu[index] = octet
        packet["pdu"] = bytes(pdu)

    # --- advertising ---

    def test_length_field(self):
        self.change(self.room.packets[0], 1, 10)
        self.expect_alone("packet 1, 0.005000000 s: the header's length is 10, there are 9 octets")

    def test_length_field_of_data(self):
        self.change(self.data[2], 1, 6)
        self.expect("the header's length is 6, there are 7 octets")

    def test_reserved_type(self):
        self.change(self.room.packets[0], 0, 0x4F)
        self.expect("PDU type 15")

    def test_too_long(self):
        self.room.event(6000 * MS, data=bytes(32))
        self.expect("ADV_IND of 38 octets, not 6 to 37")

    def test_advertising_crc(self):
        self.room.packets[1]["crc"] = b"\x01\x02\x03"
        self.expect_alone("CRC 010203 is wrong")

    def test_crc_flag(self):
        self.room.packets[1]["valid"] = False
        self.expect_alone("the capture calls a right CRC wrong")

    def test_advertising_on_a_data_channel(self):
        self.room.packets[2]["channel"] = 5
        self.expect("advertising PDU on channel 5")

    def test_channel_order(self):
        self.room.packets[1]["channel"] = 39
        self.room.packets[2]["channel"] = 38
        self.expect_alone("channel 38 after 39 in an advertising event")

    def test_same_channel_twice(self):
        self.room.packets[1]["channel"] = 37
        self.expect_alone("channel 37 after 37 in an advertising event")

    def test_address_changes_within_an_event(self):
        """Of two resolvable or non-resolvable addresses; others are two devices."""
        first, second = bytes.fromhex("01020304057f"), bytes.fromhex("010203040640")
        other = bytes.fromhex("01020304063f")
        for name, a, b, data, last, flags, good in (
                ("resolvable", first, second, b"", 39, 0x40, False),
                ("not resolvable", first, other, b"", 39, 0x40, False),
                ("static", first, ADVERTISER, b"", 39, 0x40, True),
                ("public", first, second, b"", 39, 0, True),
                ("other data", first, second, b"\x02\x01\x06", 39, 0x40, True),
                ("an event of its own", first, second, b"", 37, 0x40, True)):
            with self.subTest(name):
                room = self.room = Room()
                for channel in (37, 38):
                    room.advertising_pdu(room.now + 400 * US, channel, 0, a)
                room.advertising_pdu(room.now + 400 * US, last, 0, b + data, flags)
                if good:
                    self.assertEqual(check(room), (0, []))
                else:
                    self.expect_alone("7F:05:04:03:02:01 becomes ")

    def test_address_changes_between_events(self):
        room = Room()
        for number in range(4):
            start = (5 + 100 * number) * MS
            for channel in (37, 38, 39):
                room.advertising_pdu(start, channel, 0, bytes([number, 1, 2, 3, 4, 0x7F]))
                start = room.now + 400 * US
        self.assertEqual(check(room), (0, []))

    def test_adv_delay_too_long(self):
        room = Room()
        for start in (5, 105, 210, 315, 426, 530):
            room.event(start * MS)
        self.assertEqual(check(room)[0], 1)  # 100 to 111 ms: no interval fits
        self.room = room
        self.expect("111.000000 ms after the event before; with an advInterval of 100.000 ms")

    def test_adv_delay_by_a_nanosecond(self):
        for extra, status in ((0, 0), (1, 1)):
            room = Room()
            for start in (5 * MS, 105 * MS, 215 * MS + extra):
                room.event(start)
            self.assertEqual(check(room)[0], status)

    def test_adv_interval_too_short(self):
        self.room.event(4019 * MS)
        self.expect_alone("19.000000 ms after the event before: no advInterval is so short")

    def high_duty(self, *starts, used=(37, 38, 39)):
        self.room = Room()
        for start in starts:
            self.room.directed(start, used)

    def test_high_duty_gap(self):
        for late in (1, 2000 * US, 8000 * US, 16249 * US):
            with self.subTest(late=late):
                self.high_duty(5 * MS, 8750 * US, 12500 * US + late)
                _, lines = check(self.room)
                self.assertEqual(len(lines), 3)  # one each channel
                self.expect(f"{3.75 + late / MS:.6f} ms after the packet before on channel 37")

    def test_high_duty_gap_on_one_channel(self):
        self.high_duty(5 * MS, 8750 * US)
        self.room.packets[-1]["start"] += 1
        self.expect_alone("3.750001 ms after the packet before on channel 39")

    def test_high_duty_channel_order(self):
        self.high_duty(5 * MS, 8 * MS, used=(37, 39, 38))
        self.expect("channel 38 after 39 in an advertising event")

    def test_connect_ind_too_early(self):
        self.connect_ind()["start"] -= 1
        self.expect("CONNECT_IND 149.999 us after what it answers")

    def connect_ind(self):
        return [p for p in self.room.packets if p["pdu"][0] == 0x85][0]

    def test_connect_ind_to_another(self):
        self.change(self.connect_ind(), 8, 0x77)
        self.expect("CONNECT_IND answers nothing")

    def test_scan_request_late(self):
        request = [p for p in self.room.packets if p["pdu"][0] == 0x83][0]
        request["start"] += 1000
        self.expect("SCAN_REQ 151.000 us after what it answers")

    def test_scan_response_late(self):
        response = [p for p in self.room.packets if p["pdu"][0] == 0x44][0]
        response["start"] += 2000
        self.expect_alone("SCAN_RSP 152.000 us after what it answers")

    def test_scan_response_on_another_channel(self):
        response = [p for p in self.room.packets if p["pdu"][0] == 0x44][0]
        response["channel"] = 37
        self.expect("SCAN_RSP answers nothing on channel 37")

    def test_scan_request_to_nonconn(self):
        room = self.room = Room()
        room.advertising_pdu(MS, 37, 2, ADVERTISER)
        room.advertising_pdu(room.now + 150 * US, 37, 3, PHONE + ADVERTISER, 0x80)
        self.expect("SCAN_REQ answers nothing")

    def test_two_at_once(self):
        self.room.advertising_pdu(9000 * MS, 37, 0, ADVERTISER)
        self.room.advertising_pdu(9000 * MS + 127999, 38, 0, ADVERTISER)
        self.expect_alone("C0:18:00:00:00:01 still sends packet")

    def test_order_of_time(self):
        self.room.packets[0]["start"] = 9000 * MS
        _, lines = check(self.room)
        self.assertEqual(lines[0], "packet 2, 0.005552000 s: begins earlier than packet 1")

    # --- connections ---

    def test_parameters(self):
        for name, value, what in (("interval", 5, "connInterval of 5"),
                                  ("window", 9, "transmitWindowSize of 9"),
                                  ("window", 0, "transmitWindowSize of 0"),
                                  ("offset", 25, "transmitWindowOffset of 25"),
                                  ("latency", 500, "connPeripheralLatency of 500"),
                                  ("timeout", 9, "connSupervisionTimeout of 9"),
                                  ("timeout", 6, "connSupervisionTimeout"),
                                  ("hop", 4, "hopIncrement of 4"),
                                  ("hop", 17, "hopIncrement of 17"),
                                  ("channel_map", b"\x01\x00\x00\x00\x00", "used channels of 1"),
                                  ("access_address", 0x8E89BED7, "8e89bed7 is not allowed"),
                                  ("access_address", 0x55555555, "55555555 is not allowed"),
                                  ("access_address", 0x5065007F, "5065007f is not allowed")):
            with self.subTest(name=name, value=value):
                self.room = Room()
                self.room.connect(10 * MS, **{name: value})
                self.expect(what)

    def test_window(self):
        opens = self.data[0]["start"] - 300 * US
        for start, good in ((opens, True), (opens + 2500 * US, True), (opens - 1, False),
                            (opens + 2500 * US + 1, False)):
            with self.subTest(start=start - opens):
                self.room = Room()
                link = self.room.connect(321 * MS)
                link.anchor = start
                link.event()
                link.event()
                if good:
                    self.assertEqual(check(self.room), (0, []))
                else:
                    self.expect_alone("after the transmit window opens, which lasts 2500 us")

    def test_channel(self):
        for flags in (0x80, 0xA0):
            self.room, self.link = good_room(flags=flags, advertising_flags=0x40 | flags & 0x20)
            packet = data_packets(self.room)[4]
            right = packet["channel"]
            packet["channel"] = (right + 1) % 37
            self.expect_alone(f"event 2 is on {right} by algorithm #{2 if flags & 0x20 else 1}")

    def test_wrong_algorithm(self):
        """ChSel in both PDUs, and the link hops by algorithm #1 nevertheless."""
        for packet in self.room.packets:
            if packet["pdu"][0] in (0x40, 0x85):
                self.change(packet, 0, packet["pdu"][0] | 0x20)
        self.expect("by algorithm #2")

    def test_data_crc(self):
        self.data[3]["crc"] = b"\x00\x00\x00"
        self.data[3]["crc"] = b"\x00\x00\x01"
        self.expect_alone("CRC 000001 is wrong")

    def test_t_ifs(self):
        for late in (-1, 1, 2000):
            self.setUp()
            self.data[3]["start"] += late
            self.expect(f"begins {150 + late / 1000:.3f} us after the packet before it in event 1")

    def test_anchor(self):
        for late in (-1, 1, 2000):
            self.setUp()
            for packet in self.data[2:4]:
                packet["start"] += late
            self.expect(f"{late / 1000:+.3f} us off the anchor point of event 1")

    def test_direction(self):
        self.data[1]["direction"] = CENTRAL
        self.expect_alone("sent by the central when it was the peripheral's turn")

    def test_first_sn(self):
        self.change(self.data[0], 0, 0x09)
        self.expect("the first packet has SN 1")

    def test_other_data_with_the_same_sn(self):
        again = [p for p in self.data if p["pdu"][2:] == b"again"]
        self.assertEqual(len(again), 2)
        again[1]["pdu"] = again[1]["pdu"][:2] + b"AGAIN"
        self.expect_alone("again, with other data")

    def test_other_llid_with_the_same_sn(self):
        again = [p for p in self.data if p["pdu"][2:] == b"again"]
        self.change(again[1], 0, again[1]["pdu"][0] ^ 3)
        self.expect_alone("again, with other data")

    def test_new_data_unacknowledged(self):
        """The peripheral does not acknowledge, the central goes on all the same."""
        room = self.room = Room()
        link = room.connect(10 * MS)
        link.pdu(link.anchor, CENTRAL)
        link.pdu(room.now + 150 * US, PERIPHERAL)
        link.next()
        link.sn[CENTRAL] = 1
        link.pdu(link.anchor, CENTRAL)
        self.expect_alone("new data (SN 1) before the last was acknowledged")

    def test_acknowledges_what_was_not_sent(self):
        self.change(self.data[0], 0, self.data[0]["pdu"][0] | 4)
        self.expect("NESN 1 acknowledges what was not sent")

    def test_more_data(self):
        """MD is 0 on both sides, and the event goes on."""
        packet = [p for p in self.data if p["pdu"][2:] == b"de"][0]
        self.change(packet, 0, packet["pdu"][0] & ~0x10)
        self.expect_alone("event 2 goes on though MD is 0 on both sides")
        self.expect_alone("event 2 goes on though MD is 0 on both sides", "--lossy")

    def test_runs_into_the_next_event(self):
        room = self.room = Room()
        link = room.connect(10 * MS, interval=6)
        link.exchange(link.anchor, (2, b"a"), (2, bytes(27)), md=(0, 1))
        for _ in range(12):
            link.exchange(room.now + 150 * US, (2, b"a"), (2, bytes(27)), md=(0, 1))
        self.expect("event 0 runs into the next one")

    def test_never_established(self):
        room = self.room = Room()
        link = room.connect(10 * MS, latency=1)
        for _ in range(7):
            link.pdu(link.anchor, CENTRAL)
            link.next()
        self.expect_alone("no packet of the peripheral within 6 connIntervals")

    def test_supervision_timeout(self):
        room = self.room = Room()
        link = room.connect(10 * MS, latency=1)
        link.event()
        for _ in range(34):
            link.pdu(link.anchor, CENTRAL)
            link.next()
        # 1 s from the end of the peripheral's packet: events 1 to 33 are within, 34 is not.
        self.expect_alone("connSupervisionTimeout is over")

    def test_a_silent_peripheral(self):
        """It is one event late with a new channel map, of which its peer keeps to the instant."""
        room = self.room = Room()
        link = room.connect(10 * MS)
        link.event((3, b"\x01\xff\xff\x00\x00\x00" + struct.pack("<H", 4)))
        for _ in range(3):
            link.event()
        link.used = list(range(16))
        link.pdu(link.anchor, CENTRAL)
        link.next()
        link.event()
        self.expect_alone("the peripheral does not answer in event 4")
        self.assertEqual(check(room, "--lossy"), (0, []))

    def test_lengths_told(self):
        rows = [("MaxRxOctets of 26, not 27 to 251", (26, 328, 27, 328)),
                ("MaxRxOctets of 252", (252, 328, 27, 328)),
                ("MaxRxTime of 327, not 328 to 17040", (27, 327, 27, 328)),
                ("MaxRxTime of 17041", (27, 17041, 27, 328)),
                ("MaxTxOctets of 26", (27, 328, 26, 328)), ("MaxTxTime of 0", (27, 328, 27, 0))]
        for opcode in (0x14, 0x15):
            for told, fields in rows:
                room = self.room = Room()
                link = room.connect(10 * MS)
                link.event((3, struct.pack("<BHHHH", opcode, *fields)))
                link.event((2, bytes(27)), (2, bytes(27)))  # which everybody takes
                link.event((2, bytes(27)), (2, bytes(27)))
                self.expect_alone(told)

    def test_times_of_coded(self):
        """A peer without LE Coded is told none."""
        for features, good in ((0x800, True), (0x100, False)):
            room = self.room = Room()
            link = room.connect(10 * MS)
            link.event((3, b"\x08" + struct.pack("<Q", 0x900)))
            link.event((1, b""), (3, b"\x09" + struct.pack("<Q", features)))
            link.event((3, struct.pack("<BHHHH", 0x14, 251, 17040, 251, 2120)))
            if good:
                self.assertEqual(check(room), (0, []))
            else:
                self.expect_alone("MaxRxTime of 17040, not 328 to 2120")

    def test_an_end_that_is_too_long(self):
        """It is none."""
        room = self.room = Room()
        link = room.connect(10 * MS)
        link.event((3, b"\x02\x13\x00"))
        link.event()
        link.event()
        self.assertEqual(check(room), (0, []))

    def test_after_terminate(self):
        self.link.pdu(self.link.anchor, CENTRAL)
        self.room.packets.sort(key=lambda packet: packet["start"])
        self.expect_alone("sent after LL_TERMINATE_IND was acknowledged")

    def test_terminate_again(self):
        """Its acknowledgement may have got lost: allowed in a lossy room."""
        self.link.sn[CENTRAL] ^= 1
        self.link.pdu(self.link.anchor, CENTRAL, 3, b"\x02\x13")
        self.room.packets.sort(key=lambda packet: packet["start"])
        self.expect_alone("sent after LL_TERMINATE_IND was acknowledged")
        self.assertEqual(check(self.room, "--lossy"), (0, []))

    def test_peer_after_terminate(self):
        self.link.pdu(self.link.anchor, PERIPHERAL)
        self.room.packets.sort(key=lambda packet: packet["start"])
        self.expect_alone("sent after LL_TERMINATE_IND was acknowledged", "--lossy")

    def test_update_out_of_range(self):
        for values, words in (((2, 4, 5, 0, 100), "connInterval of 5"),
                              ((9, 4, 40, 0, 100), "transmitWindowSize of 9"),
                              ((2, 41, 40, 0, 100), "transmitWindowOffset of 41"),
                              ((2, 4, 40, 9, 100), "for this interval and latency of 100")):
            room = self.room = Room()
            link = room.connect(10 * MS)
            link.event((3, b"\x00" + struct.pack("<BHHHHH", *values, 7)))
            with self.subTest(words):
                self.expect("LL_CONNECTION_UPDATE_IND: " + words if "for" not in words else words)

    def test_map_of_one_channel(self):
        room = self.room = Room()
        room.connect(10 * MS).event((3, b"\x01\x01\x00\x00\x00\x00" + struct.pack("<H", 7)))
        self.expect("LL_CHANNEL_MAP_IND: number of used channels of 1")

    def test_two_instants_at_once(self):
        room = self.room = Room()
        link = room.connect(10 * MS)
        link.event((3, b"\x01\xff\xff\x00\x00\x00" + struct.pack("<H", 7)))
        link.event((3, b"\x00" + struct.pack("<BHHHHH", 2, 4, 40, 0, 100, 8)))
        self.expect("another instant, though event 7 is still to come")

    def test_instant_of_the_peripheral(self):
        room = self.room = Room()
        link = room.connect(10 * MS)
        link.event((1, b""), (3, b"\x01\xff\xff\x00\x00\x00" + struct.pack("<H", 7)))
        self.expect("an instant named by the peripheral")

    def test_supervision_after_an_update(self):
        """The new timeout, of 100 ms, runs from the instant at event 3."""
        for events, broken in ((2, False), (3, True)):
            room = self.room = Room()
            link = room.connect(10 * MS)
            link.event((3, b"\x00" + struct.pack("<BHHHHH", 2, 0, 32, 0, 10, 3)))
            link.event()
            link.event()
            link.interval = 40 * MS
            for _ in range(events):
                link.next()
            link.event()
            with self.subTest(events):
                self.assertEqual("connSupervisionTimeout is over" in " ".join(check(room)[1]), broken)

    def test_instant_in_the_past(self):
        room = self.room = Room()
        link = room.connect(10 * MS)
        link.event()
        link.event((3, b"\x01\xff\xff\x00\x00\x00" + struct.pack("<H", 0)))
        self.expect("the instant is 1 events ago")

    def test_reserved_llid(self):
        self.change(self.data[0], 0, 0)
        self.expect("LLID 0 is reserved")

    def test_sends_on_two_links_at_once(self):
        first = self.link
        second = self.room.connect(4500 * MS, access_address=0x2A5A6B35)
        third = self.room.connect(4520 * MS, access_address=0x2A5A6B36)
        del first
        third.anchor = second.anchor + 24 * 1250 * US
        third.anchor += 10 * US
        second.event()
        self.room.packets.sort(key=lambda packet: packet["start"])
        second.pdu(second.anchor, CENTRAL)
        third.pdu(third.anchor, CENTRAL)
        self.room.packets.sort(key=lambda packet: packet["start"])
        self.assertTrue(any("02:00:1B:DC:00:01 still sends packet" in line
                            for line in check(self.room)[1]))

if __name__ == "__main__":
    unittest.main()
