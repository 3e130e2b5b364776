# SPDX-License-Identifier: MIT
"""The program itself: help, version, and what it says of commands that it does not have.

usage: test_main.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import re
import subprocess
import sys
import unittest

PROGRAM = sys.argv.pop(1)
COMMANDS = ["run", "dump", "adv"]


def blueroom(*arguments):
    return subprocess.run([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, text=True, check=False, timeout=60)


class Main(unittest.TestCase):
    def test_help_everywhere(self):
        for arguments in (["--help"], ["-h"], *([name, "--help"] for name in COMMANDS)):
            with self.subTest(arguments):
                done = blueroom(*arguments)
                self.assertEqual(done.returncode, 0)
                self.assertRegex(done.stdout, "^usage: blueroom")
                self.assertEqual(done.stderr, "")

    def test_help_names_every_command(self):
        for name in COMMANDS:
            self.assertRegex(blueroom("--help").stdout, rf"(?m)^  {name} ")

    def test_version_everywhere(self):
        for arguments in (["--version"], ["-V"], *([name, "--version"] for name in COMMANDS)):
            with self.subTest(arguments):
                done = blueroom(*arguments)
                self.assertEqual(done.returncode, 0)
                self.assertTrue(re.fullmatch(r"blueroom \d+\.\d+\.\d+\n", done.stdout))

    def test_no_command(self):
        done = blueroom()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, "^usage: blueroom")

    def test_unknown_command(self):
        done = blueroom("fly")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, "blueroom: no command 'fly'; see blueroom --help\n")

    def test_standard_output_that_is_full(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("write error", done.stderr)


if __name__ == "__main__":
    unittest.main()
