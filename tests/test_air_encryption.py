#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the independent decryption: known values, whole rooms, and what is wrong with others."""

import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from air import capture, ccm, decryption, hosts, keys  # noqa: E402
from air.capture import CENTRAL, MS, PERIPHERAL  # noqa: E402
from air.room import ADVERTISER, good_room  # noqa: E402
from air.secret_room import (EDIV, LTK, RAND, btsnoop, enable_encryption,  # noqa: E402
                             secret_room)

VECTORS = pathlib.Path(__file__).resolve().parent / "vectors/ll_encryption.txt"
NAME = RAND + EDIV


def vectors():
    """{name: {key: value}}"""
    records = {}
    for line in VECTORS.read_text().splitlines():
        if line.startswith("["):
            record = records.setdefault(line.strip("[]"), {})
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=")
            record[key.strip()] = value.strip()
    return records


@unittest.skipUnless(shutil.which("openssl"), "no openssl")
class Vectors(unittest.TestCase):
    """Core v5.4, Vol 6, Part C, 1"""

    def octets(self, record, key):
        return bytes.fromhex(record[key])

    def sealed(self, record, octets):
        return ccm.Sealed(int(record["counter_dec"]), record["direction"] == "01",
                          self.octets(record, "pdu_air")[0], octets)

    def test_session_key(self):
        record = vectors()["session_key"]
        key = ccm.session_key(self.octets(record, "ltk_be"), self.octets(record, "skd_c_be")[::-1],
                              self.octets(record, "skd_p_be")[::-1])
        self.assertEqual(key.hex(), record["sk_be"])

    def test_packets(self):
        session = vectors()["session_key"]
        packets = {name: record for name, record in vectors().items() if "counter_dec" in record}
        self.assertGreaterEqual(len(packets), 6)
        key, iv = self.octets(session, "sk_be"), self.octets(session, "iv_air")
        for name, record in packets.items():
            with self.subTest(name):
                pdu = self.sealed(record, self.octets(record, "pdu_air")[2:])
                plain = self.octets(record, "payload_air")
                self.assertEqual(ccm.nonce(iv, pdu).hex(), record["nonce_air"])
                self.assertEqual(ccm.open_all(key, iv, [pdu]), [(plain, True)])
                self.assertEqual(ccm.seal_all(key, iv, [self.sealed(record, plain)]), [pdu.octets])

    def test_packets_side_by_side(self):
        session = vectors()["session_key"]
        records = [record for record in vectors().values() if "counter_dec" in record]
        opened = ccm.open_all(self.octets(session, "sk_be"), self.octets(session, "iv_air"),
                              [self.sealed(record, self.octets(record, "pdu_air")[2:])
                               for record in records])
        self.assertEqual(opened, [(self.octets(record, "payload_air"), True)
                                  for record in records])

    def test_what_the_mic_protects(self):
        session, record = vectors()["session_key"], vectors()["ll_data1"]
        key, iv = self.octets(session, "sk_be"), self.octets(session, "iv_air")
        octets = self.octets(record, "pdu_air")[2:]

        def right(pdu, key=key, iv=iv):
            return ccm.open_all(key, iv, [pdu])[0][1]

        self.assertTrue(right(ccm.Sealed(1, True, 0x0E, octets)))
        self.assertTrue(right(ccm.Sealed(1, True, 0x02, octets)))  # NESN and SN do not matter
        self.assertFalse(right(ccm.Sealed(2, True, 0x0E, octets)))
        self.assertFalse(right(ccm.Sealed(1, False, 0x0E, octets)))
        self.assertFalse(right(ccm.Sealed(1, True, 0x0D, octets)))
        self.assertFalse(right(ccm.Sealed(1, True, 0x0E, octets), iv=bytes(8)))
        self.assertFalse(right(ccm.Sealed(1, True, 0x0E, octets), key=bytes(16)))
        for at in range(len(octets)):
            spoilt = bytearray(octets)
            spoilt[at] ^= 1
            self.assertFalse(right(ccm.Sealed(1, True, 0x0E, bytes(spoilt))), at)


class Keys(unittest.TestCase):
    def found(self, *packets):
        return [(key.name, key.ltk) for key in keys.of_octets(btsnoop(*packets))]

    def test_enable_encryption(self):
        self.assertEqual(self.found(enable_encryption()), [(NAME, LTK)])

    def test_long_term_key_request(self):
        request = 1, b"\x04\x3e\x0d\x05\x40\x00" + NAME
        reply = 0, b"\x01\x1a\x20\x12\x40\x00" + LTK[::-1]
        self.assertEqual(self.found(request, reply), [(NAME, LTK)])
        self.assertEqual(self.found(reply), [(bytes(10), LTK)])

    def test_key_distribution(self):
        acl = b"\x02\x40\x20"
        key = 1, acl + b"\x15\x00\x11\x00\x06\x00\x06" + LTK[::-1]
        name = 1, acl + b"\x0f\x00\x0b\x00\x06\x00\x07" + EDIV + RAND
        self.assertEqual(self.found(key, name), [(NAME, LTK)])
        self.assertEqual(self.found(name, key), [])

    def test_other_packets(self):
        self.assertEqual(self.found((0, b""), (0, b"\x01"), (0, b"\x01\x19\x20\x00"),
                                    (1, b"\x04\x3e\x0d"), (0, b"\x02\x40\x20\x00\x00")), [])

    def test_no_trace(self):
        whole = btsnoop(enable_encryption())
        for octets in (b"", b"btsnoop", whole[:20], whole[:-1], b"x" + whole[1:]):
            self.assertRaises(keys.Trouble, list, keys.of_octets(octets))


@unittest.skipUnless(shutil.which("openssl"), "no openssl")
class Rooms(unittest.TestCase):
    def compare(self, room, trace=None, raw=None, decoded=None, tester=False):
        """The lines, and how many PDUs were decrypted."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "air-raw.pcap").write_bytes(raw or room.write(decoded=False))
            (folder / "air.pcap").write_bytes(decoded or room.write())
            (folder / "phone.btsnoop").write_bytes(
                btsnoop(enable_encryption()) if trace is None else trace)
            return decryption.compare_folder(folder, tester)

    def told(self, room, pattern, **files):
        lines, _ = self.compare(room, **files)
        self.assertTrue(lines, f"nothing was wrong; {pattern} should have been")
        self.assertTrue(any(re.search(pattern, line) for line in lines), lines)

    def test_good(self):
        room, _ = secret_room()
        encrypted = [p for p in room.packets if p["plain"] is not None]
        self.assertEqual(len(encrypted), 14)
        self.assertEqual(self.compare(room), ([], 14))

    def test_nothing_encrypted(self):
        room, _ = good_room()
        self.assertEqual(self.compare(room, trace=b""), (["not btsnoop of H4 packets"], 0))
        self.assertEqual(self.compare(room), ([], 0))

    def test_of_several_keys_the_right_one(self):
        room, _ = secret_room()
        trace = btsnoop(enable_encryption(bytes(16)), enable_encryption(),
                        enable_encryption(LTK, bytes(10)), enable_encryption(b"\1" * 16))
        self.assertEqual(self.compare(room, trace), ([], 14))

    def test_a_key_that_nobody_told(self):
        room, _ = secret_room()
        self.told(room, "though no host told its key", trace=btsnoop())
        self.assertEqual(len(self.compare(room, trace=btsnoop())[0]), 14)
        # Then both views have to show ciphertext.
        ciphertext = room.write(decoded=False)
        self.assertEqual(self.compare(room, btsnoop(), decoded=ciphertext), ([], 0))
        self.told(room, "has ciphertext, though the key is known", decoded=ciphertext)

    def test_a_wrong_key(self):
        room, _ = secret_room()
        self.told(room, "openssl makes it .*, MIC wrong",
                  trace=btsnoop(enable_encryption(bytes(16))))

    def test_a_flipped_bit(self):
        """The first, the last and some octets: of what was sent, its plaintext, SKD and IV."""
        room, _ = secret_room()
        packet = next(p for p in room.packets if p["plain"] and len(p["plain"]) > 20)
        for part in ("pdu", "plain"):
            whole = packet[part]
            for at in (2, 3, 10, len(whole) - 5, len(whole) - 1):
                packet[part] = whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:]
                with self.subTest(part=part, at=at):
                    lines, _ = self.compare(room)
                    self.assertEqual(len(lines), 1, lines)
                    self.assertIn("openssl makes it", lines[0])
                packet[part] = whole
        for opcode in (3, 4):
            packet = next(p for p in room.packets if p["pdu"][2:3] == bytes([opcode])
                          and p["pdu"][0] & 3 == 3)
            whole = packet["pdu"]
            packet["pdu"] = whole[:-1] + bytes([whole[-1] ^ 1])
            self.told(room, "MIC wrong")
            packet["pdu"] = whole

    def test_a_mic_that_is_wrong_on_purpose(self):
        room, _ = secret_room()
        packet = next(p for p in room.packets if p["plain"] and p["plain"][2:] == b"\x12")
        packet["pdu"] = packet["pdu"][:-1] + bytes([packet["pdu"][-1] ^ 1])
        self.told(room, "MIC right; openssl makes it .*, MIC wrong")
        packet["mic_valid"] = False
        self.assertEqual(self.compare(room), ([], 14))

    def test_a_mic_called_wrong(self):
        room, _ = secret_room()
        next(p for p in room.packets if p["plain"])["mic_valid"] = False
        self.told(room, "MIC wrong; openssl makes it .*, MIC right")

    def test_what_an_attacker_sends_in_clear(self):
        """It takes no packet counter; and it is not called so because nobody decoded it."""
        room, link = secret_room()
        link.secret = set()
        link.event((2, b"\x03\x00\x04\x00\x0a\x05\x00"))
        link.secret = {CENTRAL, PERIPHERAL}
        link.event((2, b"\x03\x00\x04\x00\x0a\x05\x00"))
        self.assertEqual(self.compare(room), ([], 15))
        room.packets[-2]["plain"] = None
        told = "packet 42: the decoded view has ciphertext, though the key is known"
        self.assertEqual(self.compare(room), ([told], 15))

    def test_an_attacker_starts_encryption(self):
        """Only the peripheral does."""
        room, _ = secret_room()
        for packet in room.packets:
            if packet["direction"] == PERIPHERAL and packet["pdu"][2:] == b"\x05":
                packet["direction"] = CENTRAL
        self.told(room, "decrypted, though it was sent in clear")

    def test_a_connection_after_another(self):
        """The same access address again: nothing is encrypted before it is said so."""
        room, _ = secret_room()
        link = room.connect(5000 * MS)
        link.event((2, b"\x03\x00\x04\x00\x0a\x05\x00"))
        link.start_encryption()
        link.event((2, b"\x03\x00\x04\x00\x0a\x05\x00"))
        self.assertEqual(self.compare(room), ([], 17))
        sessions = decryption.sessions(self.packets(room), ())
        self.assertEqual([len(session.pdus) for session in sessions], [9, 5, 3])

    def packets(self, room):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "air-raw.pcap"
            path.write_bytes(room.write(decoded=False))
            return capture.read(path)[0]

    def test_a_tester_may_encrypt_as_it_likes(self):
        """That is an end of a connection of which no host has heard."""
        room, link = secret_room()
        link.counter[CENTRAL] += 1
        link.event((2, b"\x03\x00\x04\x00\x0a\x05\x00"))
        (ind,) = [p for p in room.packets if len(p["pdu"]) == 36]
        stamp = hosts.EPOCH_US + 1577836800 * 1000000 + ind["start"] // 1000 + 500
        body = b"\x04\x3e\x13\x01\x00\x40\x00\x00\x01" + ADVERTISER + bytes(7)
        heard = keys.RECORD.pack(len(body), len(body), 1, 0, stamp) + body
        trace = btsnoop(enable_encryption())
        self.told(room, "openssl makes it", trace=trace)
        self.assertEqual(self.compare(room, trace, tester=True)[0], [])
        self.told(room, "openssl makes it", trace=trace + heard, tester=True)

    def test_a_counter_that_skips(self):
        room, link = secret_room()
        link.counter[PERIPHERAL] += 1
        link.event(peripheral=(2, b"\x03\x00\x04\x00\x0a\x05\x00"))
        self.told(room, "openssl makes it .*, MIC wrong")

    def test_clear_text_called_decrypted(self):
        room, _ = secret_room()
        packet = next(p for p in room.packets if p["pdu"][2:3] == b"\x05")
        packet["plain"] = packet["pdu"]
        self.told(room, "decrypted, though it was sent in clear")

    def test_views_of_different_rooms(self):
        room, _ = secret_room()
        raw = room.write(decoded=False)
        clear = next(p for p in room.packets if p["pdu"][2:3] == b"\x05")
        for what, value, words in (("start", clear["start"] + 1, "start is not the same"),
                                   ("channel", clear["channel"] ^ 1, "channel is not the same"),
                                   ("crc", b"abc", "crc is not the same"),
                                   ("direction", 2, "direction is not the same"),
                                   ("valid", False, "flags"),
                                   ("pdu", clear["pdu"][:2] + b"\x12", "the octets differ")):
            kept = clear[what]
            clear[what] = value
            self.told(room, words, raw=raw)
            clear[what] = kept
        room.packets.pop()
        self.told(room, "packets were sent", raw=raw)


if __name__ == "__main__":
    unittest.main()
