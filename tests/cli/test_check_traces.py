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


def check(*arguments):
    return subprocess.run([sys.executable, TESTS / "interop" / "check_traces.py", "--program",
                           PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                          check=False, timeout=300)


@unittest.skipUnless(shutil.which("tshark") and shutil.which("btmon"), "no tshark or no btmon")
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


if __name__ == "__main__":
    unittest.main()
