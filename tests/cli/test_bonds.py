# SPDX-License-Identifier: MIT
"""blueroom run --bonds: bonds that outlive a run, and files that are not what they should be.

usage: test_bonds.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import fcntl
import os
import pathlib
import random
import stat
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())

QUIET = """
local lock = device { name = "lock" }
local phone = device { name = "phone" }
scenario("nothing to keep", function() end)
"""


PAIR = """
local lock = device { name = "lock", address = "C0:00:00:00:18:0A" }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01", privacy = true }
scenario("they pair", function()
  lock:advertise { name = "Lock" }
  local conn = phone:connect(lock)
  local other = lock:wait_connected()
  conn:pair()
  other:wait_pairing(s(5))
  sleep(s(1))
  expect(#lock:bonds()):equals(1)
end)
"""
# Another script would have another folder: the story changes from one run to the next.
RETURN = """
local lock = device { name = "lock", address = "C0:00:00:00:18:0A" }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01", privacy = true }
scenario("they know each other", function()
  expect(#lock:bonds()):equals(1)
  lock:advertise { name = "Lock" }
  local conn = phone:connect(lock)
  local other = lock:wait_connected()
  local pairings = 0
  lock:agent { requested = function() pairings = pairings + 1 end }
  expect(conn:secure(2)):equals(2)
  other:wait_security(2, s(5))
  expect(pairings):equals(0)
  expect(other.identity):equals(phone.address)
end)
"""
# Pairs again and again, with a bond that is written each time.
AGAIN = """
local lock = device { name = "lock", address = "C0:00:00:00:18:0A" }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01" }
scenario("they pair again and again", function()
  for i = 1, 500 do
    lock:advertise { name = "Lock" }
    local conn = phone:connect(lock)
    local other = lock:wait_connected()
    conn:pair()
    other:wait_pairing(s(5))
    conn:disconnect()
    sleep(s(1))
  end
end)
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


class Pairings(Case):
    def pair(self):
        self.script(PAIR)
        self.ends(self.run_it(), 0, "PASS  they pair\n")

    def test_a_second_run_needs_no_pairing(self):
        self.pair()
        self.assertEqual(self.names(), ["lock.bonds", "phone.bonds"])
        for name in self.names():
            self.assertEqual(stat.S_IMODE((self.folder / name).stat().st_mode), 0o600)
        self.script(RETURN)
        # With another seed as well: what the peer was given is used, not drawn anew.
        for seed in ("0", "1"):
            self.ends(self.run_it("--seed", seed, "story.lua"), 0, "PASS  they know each other\n")

    def test_without_the_option_nothing_is_kept(self):
        self.script(PAIR)
        done = subprocess.run([PROGRAM, "run", "story.lua"], cwd=self.top, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.ends(done, 0, "PASS  they pair\n")
        self.assertEqual([path.name for path in self.top.iterdir()], ["story.lua"])

    def test_a_bond_with_one_digit_changed(self):
        self.pair()
        text = self.file.read_text()
        line = next(number for number, line in enumerate(text.splitlines()) if "ltk" in line)
        at = text.index("ltk") + len("ltk = ")
        self.file.write_text(text[:at + 4] + ("0" if text[at + 4] != "0" else "1") + text[at + 5:])
        self.script(QUIET)
        done = self.run_it()
        self.assertEqual((done.stdout, done.returncode), ("PASS  nothing to keep\n", 2))
        self.assertRegex(done.stderr, r"^bonds/story/lock\.bonds:[1-9][0-9]*: .*; kept as "
                         r"bonds/story/lock\.bonds\.corrupt, its device begins without bonds\n$")
        self.assertGreater(line, 0)
        self.assertEqual(self.names(), ["lock.bonds.corrupt", "phone.bonds"])

    def test_cut_short_anywhere(self):
        self.pair()
        text = self.file.read_bytes()
        self.script(QUIET)
        for length in range(0, len(text), max(1, len(text) // 25)):
            self.file.write_bytes(text[:length])
            done = self.run_it()
            self.assertEqual(done.returncode, 2, length)
            self.assertIn("its device begins without bonds", done.stderr)

    def test_killed_at_any_instant(self):
        """What a kill leaves is whole: the run behind it has nothing to complain of."""
        self.pair()
        random.seed(4)
        for _ in range(20):
            self.script(AGAIN)
            with subprocess.Popen([PROGRAM, "run", "--bonds", "bonds", "story.lua"], cwd=self.top,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as running:
                time.sleep(random.uniform(0.01, 0.25))
                running.kill()
                self.assertEqual(running.communicate()[1], b"")
            self.script(QUIET)
            self.ends(self.run_it(), 0, "PASS  nothing to keep\n")
            self.assertEqual([name for name in self.names() if "corrupt" in name], [])
            self.assertTrue(self.file.read_bytes())


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
