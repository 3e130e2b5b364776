# SPDX-License-Identifier: MIT
"""blueroom run --bonds: bonds that outlive a run, and files that are not what they should be.

usage: test_bonds.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import fcntl
import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())

QUIET = """
local lock = device { name = "lock" }
local phone = device { name = "phone" }
scenario("nothing to keep", function() end)
"""


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)
        self.folder = self.top / "bonds" / "story"
        self.file = self.folder / "lock.bonds"

    def script(self, text, name="story.lua"):
        (self.top / name).write_text(text)

    def run_it(self, *arguments):
        done = subprocess.run([PROGRAM, "run", "--bonds", "bonds", *(arguments or ["story.lua"])],
                              cwd=self.top, stdin=subprocess.DEVNULL, check=False, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done

    def ends(self, done, status, stdout, stderr=""):
        self.assertEqual((done.stdout, done.stderr, done.returncode), (stdout, stderr, status))

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())


class Files(Case):
    """What is no file of bonds is told of, and never overwritten."""

    def setUp(self):
        super().setUp()
        self.script(QUIET)
        self.folder.mkdir(parents=True)

    def test_nothing_to_keep(self):
        self.ends(self.run_it(), 0, "PASS  nothing to keep\n")
        self.assertEqual(self.names(), [])

    def test_corrupt(self):
        for number, suffix in enumerate(["", "-2", "-3"]):
            junk = b"junk %d\n" % number
            self.file.write_bytes(junk)
            self.ends(self.run_it(), 2, "PASS  nothing to keep\n",
                      'bonds/story/lock.bonds:1: not "name = value"; kept as '
                      f"bonds/story/lock.bonds.corrupt{suffix}, its device begins without bonds\n")
            self.assertEqual((self.folder / f"lock.bonds.corrupt{suffix}").read_bytes(), junk)
            self.assertFalse(self.file.exists())
        self.ends(self.run_it(), 0, "PASS  nothing to keep\n")

    def test_folder_in_its_place(self):
        self.file.mkdir()
        self.ends(self.run_it(), 2, "FAIL  nothing to keep\n",
                  "bonds/story/lock.bonds: is a folder\n")
        self.assertEqual(self.names(), ["lock.bonds"])

    def test_symbolic_link(self):
        self.file.symlink_to("elsewhere")
        self.ends(self.run_it(), 2, "FAIL  nothing to keep\n",
                  "bonds/story/lock.bonds: is a symbolic link\n")
        self.assertTrue(self.file.is_symlink())

    def test_over_long(self):
        self.file.write_bytes(b"\n" * ((1 << 20) + 1))
        self.ends(self.run_it(), 2, "FAIL  nothing to keep\n",
                  "bonds/story/lock.bonds: is longer than 1048576 octets\n")
        self.assertEqual(self.names(), ["lock.bonds"])

    def test_in_use(self):
        with open(self.folder / "lock.bonds.lock", "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.ends(self.run_it(), 2, "FAIL  nothing to keep\n",
                      "bonds/story/lock.bonds: is in use by another process\n")
        self.ends(self.run_it(), 0, "PASS  nothing to keep\n")

    @unittest.skipIf(os.geteuid() == 0, "to root every folder is writable")
    def test_read_only_folder(self):
        self.folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        self.addCleanup(self.folder.chmod, stat.S_IRWXU)
        self.ends(self.run_it(), 2, "FAIL  nothing to keep\n",
                  "bonds/story/lock.bonds.lock: cannot be made: Permission denied\n")

    def test_a_file_where_the_folder_should_be(self):
        self.folder.rmdir()
        self.folder.write_bytes(b"")
        self.ends(self.run_it(), 2, "FAIL  nothing to keep\n",
                  "bonds/story/lock.bonds.lock: cannot be made: Not a directory\n")


class Usage(Case):
    def test_no_name(self):
        self.script(QUIET)
        self.ends(self.run_it("--bonds", "", "story.lua"), 2, "",
                  "blueroom run: --bonds: the folder has no name\n")

    def test_two_scripts_of_one_name(self):
        (self.top / "other").mkdir()
        self.script(QUIET)
        self.script(QUIET, "other/story.lua")
        self.ends(self.run_it("story.lua", "other/story.lua"), 2, "", "blueroom run: story.lua and "
                  "other/story.lua would write their bonds to one folder\n")


if __name__ == "__main__":
    unittest.main()
