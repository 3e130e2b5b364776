# SPDX-License-Identifier: MIT
"""blueroom run: what it prints, how it exits, and which traces it leaves.

usage: test_run.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import concurrent.futures
import hashlib
import os
import pathlib
import pty
import re
import resource
import subprocess
import sys
import tempfile
import unittest

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())

PAIR = """
local sensor = device { name = "sensor" }
local phone = device { name = "phone" }
local function story()
  local value = sensor:service(0x180D):characteristic { uuid = 0x2A37, properties = "notify" }
  sensor:advertise { name = "Sensor" }
  local conn = phone:connect(phone:scan { name = "Sensor" })
  local news = conn:characteristic(0x180D, 0x2A37):subscribe()
  for i = 1, 20 do
    sleep(ms(math.random(50)))
    value:notify(string.pack("I4", math.random(1 << 31)))
    news:next(s(1))
  end
  return conn
end
"""
GOOD = PAIR + 'scenario("a good story", function() story() end)\n'
FAILS = PAIR + 'scenario("a bad end", function()\n  story()\n  expect(1):equals(2)\nend)\n'
TROUBLE = PAIR + 'scenario("no such call", function()\n  story():discover()\nend)\n'


def hashes(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file()}

SYNTAX = "bad.lua:2: <name> expected near '3'\n"


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)

    def script(self, name, text):
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def run_it(self, *arguments, **options):
        done = subprocess.run([PROGRAM, "run", *map(str, arguments)], cwd=self.top,
                              stdin=subprocess.DEVNULL, check=False, timeout=120,
                              stdout=options.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, **options)
        done.stdout = (done.stdout or b"").decode()
        done.stderr = done.stderr.decode()
        return done

    def ends(self, done, status, stdout, *stderr):
        self.assertEqual(done.stdout, stdout, done.stderr)
        for words in stderr:
            self.assertIn(words, done.stderr)
        if not stderr:
            self.assertEqual(done.stderr, "")
        self.assertEqual(done.returncode, status)


class Verdicts(Case):
    def test_passes(self):
        self.script("good.lua", GOOD)
        self.ends(self.run_it("good.lua"), 0, "PASS  a good story\n")

    def test_fails(self):
        self.script("dir/fails.lua", FAILS)
        self.ends(self.run_it("dir/fails.lua"), 1, "FAIL  a bad end\n",
                  "dir/fails.lua:18: expectation failed\n  expected: 2\n  came:     1\n"
                  "  line:     expect(1):equals(2)\n  time:     ",
                  "last packets of phone:\n", "last packets of sensor:\n", "ATT_HANDLE_VALUE_NTF")

    def test_trouble(self):
        self.script("trouble.lua", TROUBLE)
        self.ends(self.run_it("trouble.lua"), 2, "FAIL  no such call\n",
                  "trouble.lua:17: conn has no 'discover' (it has: bonded, ")

    def test_errors_that_are_no_text(self):
        for value in ("", "nil", "false", "{}", "42"):
            shown = {"": "nil", "{}": "table"}.get(value, value)
            with self.subTest(value):
                self.script("x.lua", f'scenario("x", function()\n  error({value})\nend)\n')
                self.ends(self.run_it("x.lua"), 1, "FAIL  x\n",
                          f"x.lua:2: {shown}\n  line:     error({value})\n")

    def test_the_worst_counts(self):
        for name, text in (("good.lua", GOOD), ("fails.lua", FAILS), ("trouble.lua", TROUBLE)):
            self.script(name, text)
        done = self.run_it("fails.lua", "good.lua")
        self.ends(done, 1, "FAIL  a bad end\nPASS  a good story\n", "fails.lua:18: ")
        done = self.run_it("good.lua", "trouble.lua", "fails.lua")
        self.ends(done, 2, "PASS  a good story\nFAIL  no such call\nFAIL  a bad end\n",
                  "trouble.lua:17: ", "fails.lua:18: ")

    def test_several_scenarios(self):
        self.script("three.lua", "".join(f'scenario("{n}", function() expect({n}):below(3) end)\n'
                                         for n in (1, 2, 3)))
        self.ends(self.run_it("three.lua"), 1, "PASS  1\nPASS  2\nFAIL  3\n", "three.lua:3: ")

    def test_seed(self):
        text = 'scenario("x", function() print(math.random(1 << 40)) end)\n'
        self.script("x.lua", text)
        draws = [self.run_it("-v", *seed, "x.lua").stderr
                 for seed in ((), ("--seed", "0"), ("--seed=1",), ("--seed", "0x1"))]
        self.assertEqual(draws[0], draws[1])
        self.assertNotEqual(draws[0], draws[2])
        self.assertEqual(draws[2], draws[3])

    def test_verbose(self):
        self.script("x.lua", 'scenario("x", function() sleep(ms(1500)) log("a", 1) end)\n')
        done = self.run_it("-v", "x.lua")
        self.assertRegex(done.stdout,
                         r"^PASS  x  \(1\.500 s, \d+ events\)\n      radio: 0 sent\n$")
        self.assertEqual(done.stderr, "1.500000000 s  a\t1\n")
        self.ends(self.run_it("x.lua"), 0, "PASS  x\n")

    def test_words_do_not_move_the_cursor(self):
        self.script("x.lua", 'scenario("x", function() print("\\27[2J") error("\\27[31m") end)\n')
        done = self.run_it("-v", "x.lua")
        self.assertEqual(done.returncode, 1)
        self.assertNotIn("\033", done.stderr)
        self.assertIn("\\x1b[2J", done.stderr)

    def test_colour_on_a_terminal_alone(self):
        self.script("x.lua", 'scenario("x", function() end)\n')
        self.assertNotIn("\033", self.run_it("x.lua").stdout)
        ours, theirs = pty.openpty()
        self.run_it("x.lua", stdout=theirs)
        os.close(theirs)
        shown = os.read(ours, 1000)
        os.close(ours)
        self.assertEqual(shown, b"\033[32mPASS\033[0m  x\r\n")


class BadScripts(Case):
    def refused(self, text, *words, arguments=()):
        self.script("bad.lua", text)
        done = self.run_it(*arguments, "--trace", "traces", "--air", "bad.lua")
        self.assertEqual(done.returncode, 2, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual([path for path in self.top.rglob("traces/**/*") if path.is_file()], [])
        return done

    def test_syntax(self):
        done = self.refused('scenario("x", function()\n  local 3\nend)\n')
        self.assertEqual((done.stdout, done.stderr), ("", SYNTAX))
        self.script("dir/bad.lua", 'scenario("x", function()\n  local 3\nend)\n')
        self.ends(self.run_it("dir/bad.lua"), 2, "", "dir/" + SYNTAX)
        self.script("lib/help.lua", "return {\n\n}}\n")
        done = self.refused('local help = require "help"\nscenario("x", function() end)\n')
        self.assertEqual(done.stderr, "lib/help.lua:3: <eof> expected near '}'\n"
                                      "  line:     local help = require \"help\"\n")

    def test_unknown_call(self):
        self.refused('scenario("x", function()\n  teleport()\nend)\n',
                     "bad.lua:2: there is no global 'teleport'")

    def test_wrong_type(self):
        self.refused('local a = device { name = "a" }\nscenario("x", function()\n'
                     '  a:scan { timeout = "long" }\nend)\n',
                     "bad.lua:3: device:scan: timeout must be a time such as ms(100), got string")

    def test_endless_loop(self):
        self.refused('scenario("x", function()\n  while true do\n  end\nend)\n',
                     "more than 200000000 instructions", "bad.lua:")

    def test_eats_memory(self):
        self.refused('scenario("x", function()\n  local s = "x"\n  while true do s = s .. s end\n'
                     'end)\n', "bad.lua:3: the script uses too much memory")

    def test_catches_for_ever(self):
        self.refused('scenario("x", function()\n  while true do\n    pcall(error)\n  end\nend)\n',
                     "more than 200000000 instructions", "bad.lua:")

    def test_catches_its_own_failing(self):
        self.refused('scenario("x", function()\n  local f\n'
                     '  f = function() return pcall(f) or f() end\n  f()\nend)\n',
                     "bad.lua:3: more than 200000000 instructions")

    def test_devices_and_faults_for_ever(self):
        for call, words in (('device { name = "d" .. i }', "the script uses too much memory"),
                            ("lose {}", "more than 200000000 instructions")):
            done = self.refused(f'scenario("x", function()\n  for i = 1, 3000000 do\n    {call}\n'
                                '  end\nend)\n', f"bad.lua:3: {words}\n  line:     {call}\n")
            self.assertEqual(done.stdout, "FAIL  x\n")

    def test_deadlock(self):
        self.refused('local a = device { name = "a" }\nscenario("x", function()\n'
                     '  a:wait_connected()\nend)\n',
                     "bad.lua: deadlock: ", "waits in a:wait_connected at bad.lua:3")

    def test_watchdog(self):
        done = self.refused('local a = device { name = "a" }\nscenario("x", function()\n'
                            '  ("a"):rep(60):find(("a*"):rep(60) .. "b")\nend)\n',
                            arguments=("--watchdog", "1"))
        words = ": a call has not returned, and was ended by the watchdog (a pathological pattern?)\n"
        self.assertEqual((done.stdout, done.stderr), ("", "bad.lua:3" + words))
        self.script("dir/lib/help.lua", 'return function(s)\n  for word in s:gmatch(("a*"):rep(60) '
                                        '.. "b") do\n    print(word)\n  end\nend\n')
        self.script("dir/bad.lua", 'local help = require "help"\nscenario("x", function()\n'
                                   '  help(("a"):rep(60))\nend)\n')
        done = self.run_it("--watchdog", "1", "dir/bad.lua")
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (2, "", "dir/lib/help.lua:2" + words))

    def test_no_scenario(self):
        self.refused("local x = 1\n", "bad.lua: declares no scenario")
        self.refused("", "bad.lua: declares no scenario")

    def test_bytecode(self):
        code = b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n"
        done = self.refused(code)
        self.assertEqual((done.stdout, done.stderr),
                         ("", "bad.lua:1: this is bytecode, and scripts are text\n"))
        self.script("lib/help.lua", code)
        self.refused('require "help"\nscenario("x", function() end)\n',
                     "lib/help.lua:1: this is bytecode, and scripts are text\n")

    def test_any_bytes(self):
        self.refused(bytes(range(256)) * 20, "bad.lua:")

    def test_files(self):
        self.assertEqual(self.run_it("nowhere.lua").returncode, 2)
        self.assertIn("nowhere.lua: No such file or directory", self.run_it("nowhere.lua").stderr)
        self.assertIn("Is a directory", self.run_it(".").stderr)

    def test_require(self):
        self.script("scenarios/lib/help.lua", 'return "helped"\n')
        self.script("lib/help.lua", 'return "beside"\n')
        text = 'local help = require "help"\nscenario("x", function() print(help) end)\n'
        for place, expected in (("scenarios/x.lua", "helped"), ("scenarios/deep/er/x.lua", "helped"),
                                ("x.lua", "beside")):
            self.script(place, text)
            self.assertIn(expected, self.run_it("-v", place).stderr)

    def test_require_out(self):
        self.script("secret.lua", "return 1\n")
        self.script("lib/help.lua", "return 1\n")
        for name in ("../secret", "/etc/passwd", "help.lua", "./help", ""):
            self.refused(f'require "{name}"\nscenario("x", function() end)\n', "bad.lua:1: require: ")


class Arguments(Case):
    def test_help(self):
        for option in ("--help", "-h"):
            done = self.run_it(option)
            self.assertEqual(done.returncode, 0)
            self.assertTrue(done.stdout.startswith("usage: blueroom run "))

    def test_refused(self):
        self.script("x.lua", 'scenario("x", function() end)\n')
        for arguments, words in (
                ((), "no script"), (("--colour", "x.lua"), "no option '--colour'"),
                (("x.lua", "--seed"), "--seed needs a value"),
                (("--seed", "one", "x.lua"), "'one' is no number"),
                (("--seed", "-1", "x.lua"), "'-1' is no number"),
                (("--seed", "18446744073709551616", "x.lua"), "is no number"),
                (("--trace", "", "x.lua"), "the folder has no name"),
                (("--air", "x.lua"), "--air goes with --trace"),
                (("--trace", "t", "x.lua", "./x.lua"), "one folder")):
            with self.subTest(arguments):
                done = self.run_it(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(words, done.stderr)
                self.assertTrue(done.stderr.startswith("blueroom run: "))

    def test_full_standard_output(self):
        self.script("x.lua", 'scenario("x", function() end)\n')
        with open("/dev/full", "wb") as full:
            done = self.run_it("x.lua", stdout=full)
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard output", done.stderr)


class Traces(Case):
    def traces(self, *arguments, name="traces"):
        return self.run_it("--trace", name, *arguments), self.top / name

    def test_paths(self):
        self.script("good.lua", GOOD)
        done, folder = self.traces("--air", "good.lua")
        self.assertEqual(done.returncode, 0)
        self.assertEqual(set(hashes(folder)),
                         {"good/sensor.btsnoop", "good/phone.btsnoop", "good/air.pcap",
                          "good/air-raw.pcap"})
        done, folder = self.traces("good.lua", name="deep/er")
        self.assertEqual(set(hashes(folder)), {"good/sensor.btsnoop", "good/phone.btsnoop"})

    def test_paths_of_several(self):
        self.script("two.lua", 'local a = device { name = "a" }\n'
                               'scenario("One: a story!", function() end)\n'
                               'scenario("ein Märchen", function() end)\n')
        _, folder = self.traces("two.lua")
        self.assertEqual(set(hashes(folder)),
                         {"two/1-one-a-story/a.btsnoop", "two/2-ein-m-rchen/a.btsnoop"})

    def test_a_failure_keeps_them(self):
        self.script("fails.lua", FAILS)
        done, folder = self.traces("--air", "fails.lua")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(hashes(folder)), 4)

    def test_trouble_leaves_none(self):
        self.script("x.lua", GOOD)
        _, folder = self.traces("--air", "x.lua")
        self.assertEqual(len(hashes(folder)), 4)
        self.script("x.lua", TROUBLE)
        done, folder = self.traces("--air", "x.lua")
        self.assertEqual(done.returncode, 2)
        self.assertEqual(hashes(folder), {})

    def test_an_earlier_run_leaves_none(self):
        bad = {"x.lua": "scenario(", "lib": 'require "nowhere"\n', "call": "teleport()\n",
               "none": "", "binary": b"\x1bLua", "fewer": 'scenario("x", function() end)\n',
               "missing": None}
        for what, text in bad.items():
            with self.subTest(what):
                self.script("x.lua", GOOD + 'scenario("Another", function() story() end)\n')
                done, folder = self.traces("--air", "x.lua")
                self.assertEqual((done.returncode, len(hashes(folder))), (0, 8), done.stderr)
                if text is None:
                    (self.top / "x.lua").unlink()
                else:
                    self.script("x.lua", text)
                done, _ = self.traces("--air", "x.lua")
                self.assertEqual(done.returncode, 0 if what == "fewer" else 2)
                self.assertEqual(hashes(folder), {})

    def test_what_is_not_ours_stays(self):
        self.script("x.lua", "scenario(")
        ours = ["x/a.btsnoop", "x/air.pcap", "x/air-raw.pcap.part", "x/a.btsnoop.part",
                "x/1/a.btsnoop", "x/2-of/air.pcap",
                "x/12-b-3/b.pcap"]
        theirs = ["a.btsnoop", "air.pcap", "y/a.btsnoop", "x/notes.txt", "x/btsnoop", "x/1/notes.txt",
                  "x/a/b.btsnoop", "x/1/2/b.btsnoop", "x/0-a/b.btsnoop", "x/1_a/b.btsnoop",
                  "x/1-A/b.btsnoop", "x/.pcap"]
        for name in ours + theirs:
            self.script("traces/" + name, name)
        self.assertEqual(self.traces("x.lua")[0].returncode, 2)
        self.assertEqual(set(hashes(self.top / "traces")), set(theirs))
        self.assertFalse((self.top / "traces/x/2-of").exists())
        # A folder is no script, and what is called as it is no folder of traces.
        for name in (".", "..", "traces/."):
            self.traces(name)
        self.assertEqual(set(hashes(self.top / "traces")), set(theirs))

    def test_same_bytes(self):
        self.script("good.lua", GOOD)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = list(pool.map(lambda n: hashes(self.traces("--air", "--seed", "7", "good.lua",
                                                              name=f"t{n}")[1]), range(6)))
        for run in runs:
            self.assertEqual(run, runs[0])
        other = hashes(self.traces("--air", "--seed", "8", "good.lua", name="other")[1])
        self.assertNotEqual(other, runs[0])

    def test_watching_changes_nothing(self):
        self.script("good.lua", GOOD)
        _, plain = self.traces("good.lua", name="plain")
        _, air = self.traces("--air", "-v", "good.lua", name="air")
        with_air = hashes(air)
        # Nothing is encrypted here: both views of the air are the same.
        self.assertEqual(with_air.pop("good/air.pcap"), with_air.pop("good/air-raw.pcap"))
        self.assertEqual(hashes(plain), with_air)
        # Another device in the room that only listens changes nobody's bytes either.
        self.script("good.lua", 'device { name = "an_ear" }:script(function() end)\n'
                    .replace(":script(function() end)", "") + GOOD)
        watched = hashes(self.traces("good.lua", name="watched")[1])
        del watched["good/an_ear.btsnoop"]
        self.assertEqual(watched, hashes(plain))

    def test_unwritable(self):
        self.script("good.lua", GOOD)
        (self.top / "file").write_text("")
        for name, words in (("file", "Not a directory"), ("file/deep", "Not a directory"),
                            ("/proc/nothing", "No such file or directory")):
            with self.subTest(name):
                done, _ = self.traces("--air", "good.lua", name=name)
                self.ends(done, 2, "FAIL  a good story\n", words, name)

    def test_in_the_way(self):
        self.script("good.lua", GOOD)
        (self.top / "traces/good/phone.btsnoop").mkdir(parents=True)
        done, folder = self.traces("--air", "good.lua")
        self.assertEqual(done.returncode, 2)
        self.assertIn("traces/good/phone.btsnoop: ", done.stderr)
        self.assertEqual(hashes(folder), {})

    def test_one_view_in_the_way(self):
        """Of two views of the air there are both or none."""
        self.script("good.lua", GOOD)
        for name in ("air.pcap", "air-raw.pcap"):
            with self.subTest(name):
                (self.top / "traces/good" / name).mkdir(parents=True)
                done, folder = self.traces("--air", "good.lua")
                self.assertEqual(done.returncode, 2)
                self.assertIn(f"traces/good/{name}: cannot be written: Is a directory", done.stderr)
                self.assertEqual(hashes(folder), {})
                (self.top / "traces/good" / name).rmdir()

    def test_full_disk(self):
        self.script("good.lua", GOOD)
        for limit in (0, 100, 4096):
            with self.subTest(limit):
                done = self.run_it("--trace", "traces", "--air", "good.lua",
                                   preexec_fn=lambda limit=limit: resource.setrlimit(
                                       resource.RLIMIT_FSIZE, (limit, limit)))
                if limit == 4096 and done.returncode == 0:
                    continue
                self.ends(done, 2, "FAIL  a good story\n", "File too large", "traces/good/")
                self.assertEqual(hashes(self.top / "traces"), {})


class Documentation(Case):
    """What the READMEs show as Lua runs: scenarios as they stand, steps within this one."""
    FRAME = """
        local hrm = device {{ name = "hrm" }}
        local phone = device {{ name = "phone", position = {{ x = 1 }} }}
        local beacon = device {{ name = "beacon", position = {{ x = 3 }} }}
        scenario("example", function()
          local rate = hrm:service(0x180D):characteristic {{
            uuid = 0x2A37, properties = "read, write, notify", value = "\\x00\\x3c",
          }}
          hrm:advertise {{}}
          local conn = phone:connect(hrm)
          local link = hrm:wait_connected(s(1))
          {}
        end)
        """

    def test_examples(self):
        root = pathlib.Path(__file__).resolve().parent.parent.parent
        count = 0
        for readme in ("README.md", "scenarios/README.md"):
            text = (root / readme).read_text(encoding="utf-8")
            for block in re.findall(r"^```lua\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
                count += 1
                with self.subTest(readme=readme, block=block):
                    whole = "scenario(" in block
                    self.script("example.lua", block if whole else self.FRAME.format(block))
                    done = self.run_it("example.lua")
                    self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(count, 10)

    def test_c_programs(self):
        """What README.md shows as C is the very text of an example, which is run by itself."""
        root = pathlib.Path(__file__).resolve().parent.parent.parent
        examples = [path.read_text(encoding="utf-8") for path in (root / "scenarios/c").glob("*.c")]
        blocks = re.findall(r"^```c\n(.*?)^```", (root / "README.md").read_text(encoding="utf-8"),
                            re.MULTILINE | re.DOTALL)
        self.assertTrue(blocks)
        for block in blocks:
            self.assertIn(block, examples)


if __name__ == "__main__":
    unittest.main()
