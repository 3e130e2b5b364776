# SPDX-License-Identifier: MIT
"""tests/interop/check_traces.py: good traces pass, and each kind of bad one is told.

usage: test_check_traces.py PROGRAM [UNITTEST-ARGUMENTS]

Compares what `blueroom dump` names in the sample traces with what tshark decodes; skipped where
tshark and btmon are not installed.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
TESTS = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = TESTS / "vectors" / "traces"
sys.path[:0] = [str(TESTS), str(TESTS / "interop")]

import check_traces  # noqa: E402
from air.secret_room import btsnoop, enable_encryption, secret_room  # noqa: E402


def check(*arguments):
    return subprocess.run([sys.executable, TESTS / "interop" / "check_traces.py", "--program",
                           PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=300)


@unittest.skipUnless(all(map(shutil.which, ("tshark", "btmon", "openssl"))),
                     "no tshark, btmon or openssl")
class CheckTraces(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def bad(self, name, octets, *words):
        (self.folder / name).write_bytes(octets)
        done = check(self.folder)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stdout)

    def test_the_samples_are_good(self):
        done = check("--lossless", "*", SAMPLES)
        self.assertEqual(done.stdout, "2 traces, 0 with something wrong\n")
        self.assertEqual(done.returncode, 0)

    def test_nothing_to_check(self):
        self.assertEqual(check(self.folder).returncode, 2)

    def test_a_half_written_trace(self):
        self.bad("a.btsnoop.part", b"", "half-written")

    def test_a_truncated_trace(self):
        octets = (SAMPLES / "phone.btsnoop").read_bytes()
        self.bad("a.btsnoop", octets[:-3], "tshark: exit status", "dump: exit status 2")

    def test_data_that_crosses_the_end_of_a_link(self):
        """From the host two packets were under way; from the controller none can be."""
        octets = (SAMPLES / "phone.btsnoop").read_bytes()
        pdu = bytes.fromhex("0200000700" "0300" "0400" "0a0100")  # on handle 0
        late = [btsnoop((direction, pdu))[16:] for direction in (0, 1)]
        (self.folder / "a.btsnoop").write_bytes(octets + late[0] + late[0])
        self.assertEqual(check(self.folder).returncode, 0)
        self.bad("a.btsnoop", octets + late[1], 'out of any "connection handle" session')

    def test_a_malformed_packet(self):
        octets = bytearray((SAMPLES / "air.pcap").read_bytes())
        at = octets.index(b"\xd6\xbe\x89\x8e", 24 + 16 + 10)  # the packet's, not the header's
        octets[at + 5] += 1  # the length of its PDU
        self.bad("air.pcap", octets, "dump: packet 1: ", "[malformed: length at offset 1]")

    def test_a_retransmission(self):
        octets = (SAMPLES / "air.pcap").read_bytes()
        last = octets[-(16 + 10 + 4 + 2 + 3):]  # an empty PDU
        (self.folder / "air.pcap").write_bytes(octets + last)
        self.assertEqual(check(self.folder).returncode, 0)
        done = check("--lossless", "*.pcap", self.folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Retransmission", done.stdout)

    def secret(self, decoded=None, raw=None, trace=None):
        """What is told of a connection that is encrypted, of which any file may be another."""
        room, _ = secret_room()
        (self.folder / "air.pcap").write_bytes(decoded or room.write())
        (self.folder / "air-raw.pcap").write_bytes(raw or room.write(decoded=False))
        (self.folder / "phone.btsnoop").write_bytes(trace or btsnoop(enable_encryption()))
        done = check(self.folder)
        self.assertEqual(done.returncode, 1 if "packet" in done.stdout else 0, done.stderr)
        return done.stdout

    def test_an_encrypted_connection(self):
        self.assertEqual(self.secret(), "3 traces, 0 with something wrong\n")

    def test_a_flipped_bit_of_ciphertext(self):
        raw = bytearray(secret_room()[0].write(decoded=False))
        raw[raw.index(bytes.fromhex("a34c13a415"))] ^= 1
        self.assertIn("packet 14: decoded 0b0106, MIC right; openssl makes it 0b0107, MIC wrong",
                      self.secret(raw=raw))

    def test_a_flipped_bit_of_plaintext(self):
        room, _ = secret_room()
        packet = next(p for p in room.packets if p["plain"] and p["plain"][-2:] == b"\5\0")
        packet["plain"] = packet["plain"][:-2] + b"\7\0"
        self.assertIn("packet 36: decoded ", self.secret(decoded=room.write()))

    def test_the_wrong_key(self):
        self.assertIn("MIC wrong", self.secret(trace=btsnoop(enable_encryption(bytes(16)))))

    def test_a_view_that_is_not_decoded(self):
        raw = secret_room()[0].write(decoded=False)
        self.assertIn("the decoded view has ciphertext, though the key is known",
                      self.secret(decoded=raw))

    def test_an_encrypted_frame_that_shows_no_att(self):
        self.secret()
        opcode = {15: "0x02", 17: "0x0a", 19: "0x0b", 36: "0x0a", 37: "0x0b"}
        frames = [{"btatt.opcode": opcode.get(number, "")} for number in range(1, 40)]
        layers = check_traces.Checker.layers
        self.assertEqual(layers(self.folder / "air.pcap", frames), [])
        frames[18]["btatt.opcode"] = ""
        self.assertEqual(layers(self.folder / "air.pcap", frames[:36]),
                         [f"tshark: packet {number}: no ATT within the encrypted link"
                          for number in (19, 37)])


if __name__ == "__main__":
    unittest.main()
