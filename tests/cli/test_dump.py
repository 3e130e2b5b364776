# SPDX-License-Identifier: MIT
"""blueroom dump: what it prints, what it says of files that are no traces, and how it exits.

usage: test_dump.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)
SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "traces"
SNOOP = b"btsnoop\0" + struct.pack(">II", 1, 1002)


def dump(*arguments, **options):
    return subprocess.run([PROGRAM, "dump", *map(str, arguments)], stdout=options.pop(
        "stdout", subprocess.PIPE), stderr=subprocess.PIPE, check=False, timeout=60, **options)


class Prints(unittest.TestCase):
    def test_samples(self):
        for name in ("phone.btsnoop", "air.pcap"):
            with self.subTest(name):
                done = dump(SAMPLES / name)
                self.assertEqual(done.returncode, 0)
                self.assertEqual(done.stdout, (SAMPLES / f"{name}.txt").read_bytes())
                self.assertEqual(done.stderr, b"")

    def test_standard_input(self):
        octets = (SAMPLES / "phone.btsnoop").read_bytes()
        text = (SAMPLES / "phone.btsnoop.txt").read_bytes()
        self.assertEqual(dump("-", input=octets).stdout, text)
        with open(SAMPLES / "phone.btsnoop", "rb") as file:
            self.assertEqual(dump("-", stdin=file).stdout, text)

    def test_help(self):
        for option in ("--help", "-h"):
            done = dump(option)
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith(b"usage: blueroom dump TRACE\n"))


class Refuses(unittest.TestCase):
    def refused(self, done, *words):
        self.assertEqual(done.returncode, 2)
        text = done.stderr.decode()
        self.assertTrue(text.startswith("blueroom dump: "), text)
        self.assertEqual(text.count("\n"), 1)
        for word in words:
            self.assertIn(word, text)

    def test_arguments(self):
        self.refused(dump(), "one trace is wanted")
        self.refused(dump("a", "b"), "one trace is wanted")
        self.refused(dump("--colour"), "no option '--colour'")

    def test_files(self):
        self.refused(dump("/nonexistent"), "/nonexistent: No such file or directory")
        self.refused(dump("/"), "/: Is a directory")
        self.refused(dump("-", input=b""), "-: an empty file")
        self.refused(dump("-", input=b"#!/bin/sh\n"), "-: not a trace")
        self.refused(dump("-", input=SNOOP[:-1] + b"\0"), "-: offset 12: btsnoop datalink 768")

    def test_a_truncated_trace_is_printed_as_far_as_it_goes(self):
        octets = (SAMPLES / "phone.btsnoop").read_bytes()
        text = (SAMPLES / "phone.btsnoop.txt").read_bytes()
        done = dump("-", input=octets[:-1])
        self.refused(done, f"offset {len(octets) - 7}: truncated: 6 octets of a record of 7")
        self.assertEqual(done.stdout, b"".join(text.splitlines(keepends=True)[:-1]))

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk(self):
        with open("/dev/full", "wb") as full:
            for arguments in ([SAMPLES / "air.pcap"], ["--help"]):
                done = dump(*arguments, stdout=full)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr, b"blueroom: standard output: write error\n")

    def test_a_full_disk_in_the_middle(self):
        record = struct.pack(">IIIIQ", 4, 4, 2, 0, 0x00E278BBD129C000) + b"\1\3\x0c\0"
        with tempfile.NamedTemporaryFile() as file, open("/dev/full", "wb") as full:
            file.write(SNOOP + 100000 * record)
            file.flush()
            done = dump(file.name, stdout=full)
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr, b"blueroom: standard output: write error\n")


if __name__ == "__main__":
    unittest.main()
