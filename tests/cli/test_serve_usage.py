# SPDX-License-Identifier: MIT
"""blueroom serve: what is asked of it wrongly, and how it says so.

usage: test_serve_usage.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import os
import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from serve_case import PROGRAM, Case  # noqa: E402

class Usage(Case):
    def test_usage(self):
        (self.top / "file").write_text("", encoding="utf-8")
        (self.top / "p.part").write_text("mine", encoding="utf-8")
        (self.top / "two.lua").write_text("scenario('a', function() end)\n"
                                          "scenario('b', function() end)\n", encoding="utf-8")
        for arguments, words in (
                ([], "no end"),
                (["--bad"], "no option '--bad'"),
                (["--tcp"], "--tcp needs a value"),
                (["--tcp", "host:1"], "'host:1' is no PORT"),
                (["--tcp", "65536"], "is no PORT"),
                (["--tcp", "1.2.3.4:1"], "tcp 1.2.3.4:1: "),
                (["--unix", "/nowhere/u"], "/nowhere/u: "),
                (["--unix", "u" * 200], "a socket's path has"),
                (["--unix", "file"], "file: exists, and is no socket"),
                (["--pty", "/nowhere/p"], "/nowhere/p: "),
                (["--pty", "file"], "file: exists, and is no symbolic link"),
                (["--pty", "p"], "p.part: exists, and is no symbolic link"),
                (["--unix", "u,name=a", "--pty", "p,name=a"], "two ends are called 'a'"),
                (["--pty", "q", "--pty", "q"], "two ends at 'q'"),
                (["--unix", "u,name=../x"], "'name=../x': name is 1 to 64 letters"),
                (["--unix", "u,colour=red"], "a device has no property 'colour'"),
                (["--unix", "u,name"], "'name' is not NAME=VALUE"),
                (["--unix", "u,=a"], "a device has no property ''"),
                (["--unix", "u,address=1"], "'address=1': address is six octets"),
                (["--vhci=bonds=x"], "--vhci: bonds is for dongles, --bgapi"),
                (["--unix", "u,drift=1001"], "'drift=1001': drift is a number of ppm"),
                (["--unix", "u,position=1/2/3/4"], "'position=1/2/3/4': position is X/Y/Z"),
                (["--unix", "u,position=1.0001"], "position is X/Y/Z in metres"),
                (["--unix", "u,position=10000.001"], "position is X/Y/Z"),
                (["--unix", "u,position=1..2"], "position is X/Y/Z"),
                (["--unix", "u,position=1/"], "position is X/Y/Z"),
                (["--unix", "u,features=LE Encryption+x"],
                 "'features=LE Encryption+x': features is a number, or names"),
                (["--unix", "u,dual_mode_commands=1"], "dual_mode_commands is yes or no"),
                (["--unix", "u", "--patience", "x"], "--patience"),
                (["--unix", "u", "--clock", "0x"], "--clock: '0x'"),
                (["--unix", "u", "--clock", "lockstep"], "go together"),
                (["--unix", "u", "--control", "c"], "go together"),
                (["--unix", "u", "--air"], "--air goes with"),
                (["--unix", "u", "--trace", "file"], "file/serve: cannot be made: "),
                (["--unix", "u", "a.lua", "b.lua"], "more than one room"),
                (["--unix", "u", "none.lua"], "none.lua: No such file"),
                (["--unix", "u", "two.lua"], "has one scenario")):
            done = subprocess.run([PROGRAM, "serve", *arguments], cwd=self.top, timeout=30,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False)
            self.assertIn(words, done.stderr, arguments)
            self.assertEqual(done.returncode, 2, arguments)
        self.assertEqual((self.top / "p.part").read_text(encoding="utf-8"), "mine")

    @unittest.skipIf(os.path.exists("/dev/vhci"), "this machine has one")
    def test_no_vhci(self):
        done = subprocess.run([PROGRAM, "serve", "--vhci=name=dongle"], timeout=30, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("/dev/vhci: No such file or directory (is the kernel module", done.stderr)

    def test_help(self):
        done = subprocess.run([PROGRAM, "serve", "--help"], stdout=subprocess.PIPE, text=True,
                              check=True)
        for word in ("--tcp", "--unix", "--pty", "--vhci", "lockstep", "--control", "--seed"):
            self.assertIn(word, done.stdout)


if __name__ == "__main__":
    unittest.main()
