# SPDX-License-Identifier: MIT
"""blueroom serve --bgapi: what a program written for the dongle does, on octets.

usage: test_bgapi.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import os
import pathlib
import struct
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import bgapi_client as bgapi  # noqa: E402
from bgapi_case import LOCK, SENSOR, TEXT, BgapiCase  # noqa: E402
from bgapi_client import data  # noqa: E402


class Start(BgapiCase):
    def test_start_with_reset(self):
        """Three openings; the reset is written to the second, which is closed at once."""
        server = self.serve_dongle(properties=",address=00:07:80:00:00:01")
        self.open().close()  # the probe
        second = self.open()
        self.assertTrue(second.silent(0.25))
        second.send(bgapi.RESET, "B", 0)
        second.close()
        time.sleep(0.3)
        third = self.open()
        self.assertTrue(third.silent(0.25))
        third.quieten()
        self.assertEqual(third.command(bgapi.ADDRESS_GET).hex(), "010000800700")
        self.assertEqual(third.command(bgapi.HELLO), b"")
        self.ends_well(server)
        self.assertFalse(os.path.lexists(self.top / "dongle"))

    def test_nothing_is_said_before_the_first_command(self):
        """Not even by a scan that was left running, nor after a reset."""
        server, dongle = self.started()
        self.assertEqual(dongle.result(bgapi.DISCOVER, "B", 2), 0)
        dongle.event(bgapi.SCAN_RESPONSE)
        server.see_off(dongle)
        dongle = self.open()
        self.assertTrue(dongle.silent(0.3))
        self.assertEqual(dongle.command(bgapi.HELLO), b"")
        dongle.event(bgapi.SCAN_RESPONSE)  # it has gone on
        dongle.send(bgapi.RESET, "B", 0)
        time.sleep(0.1)
        while dongle.read(0):
            pass
        dongle.packets.clear()
        self.assertTrue(dongle.silent(0.3))
        dongle.quieten()
        self.assertTrue(dongle.silent(0.3))

    def test_boot_event(self):
        _, dongle = self.started(properties=",boot_event=yes")
        dongle.send(bgapi.RESET, "B", 0)
        self.assertEqual(len(dongle.event(bgapi.BOOT)), 12)
        self.assertTrue(dongle.silent(0.2))
        self.assertEqual(dongle.command(bgapi.HELLO), b"")


class Hostile(BgapiCase):
    def test_split_frames(self):
        _, dongle = self.started()
        for octet in bgapi.frame(bgapi.SET_MODE, b"\0\0"):
            self.assertTrue(dongle.silent(0.02))
            dongle.write(bytes([octet]))
        self.assertEqual(dongle.event(bgapi.SET_MODE), b"\0\0")

    def test_several_at_once(self):
        _, dongle = self.started()
        dongle.write((bgapi.frame(bgapi.HELLO) + bgapi.frame(bgapi.GET_BONDS)) * 50)
        kinds = [dongle.next()[:2] for _ in range(100)]
        self.assertEqual(kinds, [bgapi.HELLO, bgapi.GET_BONDS] * 50)

    def test_unknown_commands(self):
        _, dongle = self.started()
        known = set(bgapi.COMMANDS.values())
        for kind in [(cls, number) for cls in range(9) for number in range(20)] + [(255, 255)]:
            if kind not in known:
                self.assertEqual(dongle.command(kind).hex(), "8401", kind)
        self.assertEqual(dongle.command((4, 7), "B", 0).hex(), "8401")

    def test_malformed_commands(self):
        """Too short by all, by one, and too long by one: 0x0180, and never silence."""
        _, dongle = self.started()
        lengths = {bgapi.RESET: 1, bgapi.DISCONNECT: 1, bgapi.GET_RSSI: 1, bgapi.UPDATE: 9,
                   bgapi.FIND_INFORMATION: 5, bgapi.READ_BY_HANDLE: 3, bgapi.READ_LONG: 3,
                   bgapi.EXECUTE_WRITE: 2, bgapi.ENCRYPT_START: 2, bgapi.SET_BONDABLE: 1,
                   bgapi.DELETE_BONDING: 1, bgapi.SET_PARAMETERS: 3, bgapi.PASSKEY_ENTRY: 5,
                   bgapi.SET_MODE: 2, bgapi.DISCOVER: 1, bgapi.CONNECT_DIRECT: 15,
                   bgapi.SET_SCAN_PARAMETERS: 5, bgapi.READ_BY_GROUP_TYPE: 6,
                   bgapi.ATTRIBUTE_WRITE: 4, bgapi.WRITE_COMMAND: 4, bgapi.PREPARE_WRITE: 6,
                   bgapi.HELLO: 0, bgapi.ADDRESS_GET: 0, bgapi.GET_BONDS: 0,
                   bgapi.END_PROCEDURE: 0}
        self.assertEqual(set(lengths), set(bgapi.COMMANDS.values()))
        for kind, length in lengths.items():
            for wrong in {0, length - 1, length + 1} - {length, -1}:
                response = dongle.command(kind, f"{wrong}s", bytes(wrong))
                if kind == bgapi.GET_RSSI:
                    self.assertEqual(response[1], 25)
                elif kind == bgapi.CONNECT_DIRECT:
                    self.assertEqual(response.hex(), "800100")
                else:
                    self.assertEqual(response[-2:].hex(), "8001", (kind, wrong))
        dongle.packets.clear()

    def test_octets_that_begin_nothing(self):
        _, dongle = self.started()
        dongle.write(bytes(octet for octet in range(256) if octet & 0x77))
        self.assertEqual(dongle.command(bgapi.HELLO), b"")

    def test_truncated_frames(self):
        """The rest of a frame is awaited; 259 octets of 0xff bring it back whatever was begun."""
        _, dongle = self.started()
        for cut in range(1, 20):
            dongle.write(bgapi.frame(bgapi.CONNECT_DIRECT, bytes(15))[:cut])
            dongle.write(b"\xff" * 259)
            dongle.silent(0.02)
            dongle.packets.clear()
            self.assertEqual(dongle.command(bgapi.HELLO), b"")
            dongle.command(bgapi.END_PROCEDURE)

    def test_garbage(self):
        server, dongle = self.started()
        state = 12345
        for _ in range(40):
            octets = bytearray()
            for _ in range(500):
                state = (state * 1103515245 + 12345) & 0x7FFFFFFF
                octets.append(state >> 16 & (0x8F if state & 0x8000 else 0xFF))
            dongle.write(bytes(octets))
            while dongle.read(0):
                pass
        dongle.write(b"\xff" * 259)
        dongle.silent(0.2)
        dongle.packets.clear()
        dongle.send(bgapi.RESET, "B", 0)
        dongle.quieten()
        self.ends_well(server)


class Scan(BgapiCase):
    def scan(self, dongle, active, mode=2, count=12):
        self.assertEqual(dongle.result(bgapi.SET_SCAN_PARAMETERS, "HHB", 75, 50, active), 0)
        self.assertEqual(dongle.result(bgapi.DISCOVER, "B", mode), 0)
        found = []
        for _ in range(count):
            event = dongle.event(bgapi.SCAN_RESPONSE)
            rssi, kind, address, random, bond, size = struct.unpack("<bB6sBBB", event[:11])
            self.assertEqual(len(event), 11 + size)
            self.assertEqual((random, bond), (1, 255))
            self.assertIn(address, (SENSOR, LOCK))
            self.assertTrue(-100 < rssi < 0)
            found.append((kind, address, event[11:]))
        self.assertEqual(dongle.result(bgapi.END_PROCEDURE), 0)
        dongle.packets.clear()
        self.assertTrue(dongle.silent(0.2))
        return found

    def test_passive(self):
        _, dongle = self.started()
        found = self.scan(dongle, 0)
        self.assertEqual({kind for kind, _, _ in found}, {0})
        self.assertEqual({address for _, address, _ in found}, {SENSOR, LOCK})
        self.assertTrue(all(b"\x0bHeart Rate"[1:] in octets for _, address, octets in found
                            if address == SENSOR))

    def test_active(self):
        _, dongle = self.started()
        self.assertEqual({kind for kind, _, _ in self.scan(dongle, 1)}, {0, 4})

    def test_modes(self):
        _, dongle = self.started()
        self.assertTrue(self.scan(dongle, 0, mode=1))
        self.assertEqual(dongle.result(bgapi.DISCOVER, "B", 0), 0)
        self.assertTrue(dongle.silent(0.5))  # nobody is in limited discoverable mode
        self.assertEqual(dongle.result(bgapi.DISCOVER, "B", 2), 0x0181)
        self.assertEqual(dongle.result(bgapi.END_PROCEDURE), 0)
        self.assertEqual(dongle.result(bgapi.END_PROCEDURE), 0x0181)


class Connections(BgapiCase):
    def test_a_session_with_the_sensor(self):
        """connect, discover, read, write, subscribe, RSSI, disconnect."""
        _, dongle = self.started("--trace", "t")
        status = dongle.connect(SENSOR)
        interval, timeout, latency, bond = struct.unpack("<HHHB", status[9:])
        self.assertTrue(60 <= interval <= 76)
        self.assertEqual((timeout, latency, bond), (100, 0, 255))
        handles = dongle.attributes(0)
        rate, control, location = (handles[uuid] for uuid in ("2a37", "2a39", "2a38"))
        self.assertEqual(handles["2902"], handles[TEXT] + 1)
        self.assertEqual(dongle.read_value(0, location), b"\1")
        self.assertEqual(dongle.read_value(0, rate), 0x0402)  # Read Not Permitted
        self.assertEqual(dongle.read_value(0, 0xFFF0), 0x0401)
        self.assertEqual(dongle.write_value(0, control, b"\1"), 0)
        self.assertEqual(dongle.write_value(0, location, b"\1"), 0x0403)
        self.assertEqual(dongle.result(bgapi.WRITE_COMMAND, "BH2s", 0, control, data(b"\1")), 0)
        # Subscribe: the CCCD is one behind the value.
        self.assertEqual(dongle.write_value(0, rate + 1, b"\1\0"), 0)
        beats = [dongle.event(bgapi.VALUE) for _ in range(3)]
        for beat in beats:
            self.assertEqual(beat[:6], struct.pack("<BHBBB", 0, rate, 1, 2, 0))
        self.assertEqual(beats[2][6], beats[1][6] + 1)
        self.assertEqual(dongle.write_value(0, rate + 1, b"\0\0"), 0)
        conn, rssi = struct.unpack("<Bb", dongle.command(bgapi.GET_RSSI, "B", 0))
        self.assertTrue(conn == 0 and -100 < rssi < 0, rssi)
        dongle.packets.clear()
        self.assertEqual(dongle.command(bgapi.DISCONNECT, "B", 0).hex(), "000000")
        self.assertEqual(dongle.event(bgapi.DISCONNECTED).hex(), "001602")
        self.assertEqual(dongle.command(bgapi.DISCONNECT, "B", 0).hex(), "008601")

    def test_long_values(self):
        _, dongle = self.started()
        dongle.connect(SENSOR)
        text = dongle.attributes(0)[TEXT]
        self.assertEqual(dongle.read_value(0, text), b"0123456789012345678901")
        self.assertEqual(dongle.result(bgapi.READ_LONG, "BH", 0, text), 0)
        done, parts = dongle.wait(bgapi.COMPLETED)
        self.assertEqual(struct.unpack("<BHH", done), (0, 0, text))
        for part in parts:
            self.assertEqual(part[3][:4], struct.pack("<BHB", 0, text, 4))
        self.assertEqual(b"".join(part[3][5:] for part in parts), b"0123456789" * 5)
        self.assertEqual([len(part[3]) - 5 for part in parts], [22, 22, 6])
        # In pieces of 18, as the client cuts them.
        value = bytes(range(65, 65 + 40))
        for offset in range(0, len(value), 18):
            piece = value[offset:offset + 18]
            self.assertEqual(dongle.result(bgapi.PREPARE_WRITE, f"BHH{len(piece) + 1}s", 0, text,
                                           offset, data(piece)), 0)
            self.assertEqual(struct.unpack("<BHH", dongle.event(bgapi.COMPLETED)), (0, 0, text))
        self.assertEqual(dongle.read_value(0, text)[:4], b"0123")
        self.assertEqual(dongle.result(bgapi.EXECUTE_WRITE, "BB", 0, 1), 0)
        self.assertEqual(struct.unpack("<BHH", dongle.event(bgapi.COMPLETED))[:2], (0, 0))
        self.assertEqual(dongle.read_value(0, text), value[:22])
        # More than 20 octets are not for a single write: refused, and the event comes all the same.
        self.assertEqual(dongle.write_value(0, text, bytes(21)), 0x0180)
        self.assertEqual(dongle.write_value(0, text, b"short"), 0)
        self.assertEqual(dongle.read_value(0, text), b"short")

    def test_indications_are_confirmed(self):
        _, dongle = self.started()
        dongle.connect(SENSOR)
        text = dongle.attributes(0)[TEXT]
        self.assertEqual(dongle.write_value(0, text + 1, b"\2\0"), 0)
        for _ in range(3):  # the next would not come if the last had not been confirmed
            self.assertEqual(dongle.write_value(0, text, b"indicate"), 0)
            value = dongle.event(bgapi.VALUE)
            self.assertEqual(value, struct.pack("<BHB", 0, text, 2) + data(b"an indication"))

    def test_groups(self):
        _, dongle = self.started()
        dongle.connect(SENSOR)
        self.assertEqual(dongle.result(bgapi.READ_BY_GROUP_TYPE, "BHH3s", 0, 1, 0xFFFF,
                                       data(b"\0\x28")), 0)
        done, groups = dongle.wait(bgapi.COMPLETED)
        self.assertEqual(struct.unpack("<BHH", done)[:2], (0, 0))
        self.assertEqual([group[3][6:].hex() for group in groups], ["0018", "0118", "0d18"])
        first, last = struct.unpack("<HH", groups[2][3][1:5])
        self.assertTrue(0 < first < last)

    def test_update(self):
        _, dongle = self.started()
        dongle.connect(SENSOR)
        self.assertEqual(dongle.command(bgapi.UPDATE, "BHHHH", 0, 24, 24, 1, 200).hex(), "000000")
        status = dongle.event(bgapi.STATUS)
        self.assertEqual(status[:2], bytes([0, bgapi.CONNECTED | bgapi.CHANGED]))
        self.assertEqual(struct.unpack("<HHHB", status[9:]), (24, 200, 1, 255))
        for bad in ((5, 6, 0, 200), (7, 6, 0, 200), (24, 24, 500, 200), (24, 24, 0, 0)):
            self.assertEqual(dongle.result(bgapi.UPDATE, "BHHHH", 0, *bad), 0x0180, bad)

    def test_connect_refuses(self):
        _, dongle = self.started()
        for bad in ((SENSOR, 2, 60, 76, 100, 0), (SENSOR, 1, 5, 76, 100, 0),
                    (SENSOR, 1, 77, 76, 100, 0), (SENSOR, 1, 60, 3201, 3200, 0),
                    (SENSOR, 1, 60, 76, 9, 0), (SENSOR, 1, 60, 76, 3201, 0),
                    (SENSOR, 1, 60, 76, 100, 500)):
            self.assertEqual(dongle.command(bgapi.CONNECT_DIRECT, "6sBHHHH", *bad)[:2].hex(),
                             "8001", bad)

    def test_nobody_there(self):
        """The attempt goes on until it is ended; then the next one is fine."""
        _, dongle = self.started()
        nobody = bgapi.address_of("C0:00:00:00:00:99")
        self.assertEqual(dongle.command(bgapi.CONNECT_DIRECT, "6sBHHHH", nobody, 1, 60, 76, 100,
                                        0).hex(), "000000")
        self.assertTrue(dongle.silent(0.5))
        self.assertEqual(dongle.result(bgapi.DISCOVER, "B", 2), 0x0181)
        self.assertEqual(dongle.command(bgapi.CONNECT_DIRECT, "6sBHHHH", SENSOR, 1, 60, 76, 100,
                                        0)[:2].hex(), "8101")
        self.assertEqual(dongle.result(bgapi.END_PROCEDURE), 0)
        dongle.connect(SENSOR)

    def test_two_at_once(self):
        """Numbers are the lowest that are free, and stay."""
        _, dongle = self.started()
        dongle.connect(SENSOR, conn=0)
        dongle.connect(LOCK, conn=1)
        self.assertEqual(dongle.command(bgapi.CONNECT_DIRECT, "6sBHHHH", LOCK, 1, 60, 76, 100,
                                        0)[:2].hex(), "0b02")
        self.assertEqual(dongle.read_value(1, 3), b"lock")
        self.assertEqual(dongle.read_value(0, 3), b"sensor")
        self.assertEqual(dongle.result(bgapi.DISCONNECT, "B", 0), 0)
        dongle.event(bgapi.DISCONNECTED)
        self.assertEqual(dongle.read_value(1, 3), b"lock")
        dongle.connect(SENSOR, conn=0)

    def test_reset_drops_connections(self):
        _, dongle = self.started()
        dongle.connect(SENSOR)
        dongle.send(bgapi.RESET, "B", 0)
        self.assertEqual(dongle.command(bgapi.GET_RSSI, "B", 0).hex(), "0019")
        self.assertFalse(dongle.packets)
        dongle.connect(SENSOR)

    def test_connections_outlive_the_client(self):
        server, dongle = self.started()
        dongle.connect(SENSOR)
        server.see_off(dongle)
        dongle = self.open()
        self.assertEqual(dongle.read_value(0, 3), b"sensor")


if __name__ == "__main__":
    unittest.main()
