# SPDX-License-Identifier: MIT
"""blueroom serve ROOM.lua: ends that the room's file names, and what stands beside them.

usage: test_serve_room.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import pathlib
import subprocess
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from h4_client import LE_META, LE_REPORT  # noqa: E402
from serve_case import PROGRAM, Case  # noqa: E402

ENDS = """
serve { pty = "p", name = "phone", address = "00:1B:DC:00:00:01", position = { x = 1.5 },
        drift = 20, features = { "LE Encryption", "le 2m phy" } }
serve { unix = "u", dual_mode_commands = true }
serve { tcp = 0, name = "guest", features = 1 }
"""
SENSOR = """
local sensor = device { name = "sensor", address = "00:1B:DC:00:18:0D" }
scenario("a sensor", function()
  sensor:advertise { name = "Heart Rate", interval = ms(100) }
end)
"""
READ_LOCAL_NAME, READ_FEATURES = 0x0C14, 0x2003


class Room(Case):
    def room(self, *texts):
        (self.top / "room.lua").write_text("".join(texts), encoding="utf-8")
        return "room.lua"

    def refused(self, command, *arguments):
        """What it says, on one line."""
        done = subprocess.run([PROGRAM, command, *arguments], cwd=self.top, timeout=30, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 2, arguments)
        return done.stderr

    def test_a_room_of_ends_alone(self):
        server = self.serve(self.room(ENDS), "--trace", "t")
        self.assertEqual(list(server.ends), ["pty", "unix", "tcp"])
        server.ends["pty"] = [self.top / "p"]  # relative: to the current folder
        server.ends["unix"] = [str(self.top / "u")]
        phone = self.on(server, "pty")
        self.assertEqual(phone.bring_up().hex(), "010000dc1b00")
        self.assertEqual(phone.command(READ_FEATURES).hex(), "0101000000000000")
        with self.assertRaisesRegex(AssertionError, "status 0x1$"):
            phone.command(READ_LOCAL_NAME)
        other = self.on(server, "unix")
        other.bring_up()
        self.assertEqual(len(other.command(READ_LOCAL_NAME)), 248)
        self.assertEqual(self.on(server, "tcp").command(READ_FEATURES).hex(), "0100000000000000")
        self.ends_well(server)
        self.assertEqual(sorted(path.name for path in (self.top / "t/room").iterdir()),
                         ["guest.btsnoop", "phone.btsnoop", "unix-1.btsnoop"])

    def test_beside_devices_and_options(self):
        """Ends of the file come first, so that one more in the options renames nobody."""
        server = self.serve("--unix", "v", "--pty", "q", self.room(ENDS, SENSOR), "--clock", "10x",
                            "--trace", "t")
        self.assertEqual(server.ends["unix"], ["u", "v"])
        for path in ("u", "v"):
            server.ends["unix"] = [str(self.top / path)]
            host = self.on(server, "unix")
            host.bring_up()
            host.scan()
            self.assertEqual(host.event(LE_META, LE_REPORT)[7:13].hex(), "0d1800dc1b00")
        self.ends_well(server)
        names = sorted(path.name for path in (self.top / "t/room").iterdir())
        self.assertEqual(names, ["phone.btsnoop", "pty-2.btsnoop", "sensor.btsnoop",
                                 "unix-1.btsnoop", "unix2-1.btsnoop"])

    def test_run_goes_without_them(self):
        done = subprocess.run([PROGRAM, "run", self.room(ENDS, SENSOR)], cwd=self.top, timeout=30,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
        self.assertIn("PASS", done.stdout)
        self.assertEqual(done.stderr.splitlines()[0],
                         "room.lua: pty p is not open: `blueroom serve` opens it")
        self.assertEqual(len(done.stderr.splitlines()), 3)
        self.assertFalse((self.top / "p").exists())
        self.assertIn("declares no scenario", self.refused("run", self.room(ENDS)))

    def test_wrong_ends(self):
        for text, words in (
                ("serve()", "serve takes a table of named arguments"),
                ("serve {}", "serve: an end is one of pty, tcp, unix, vhci and bgapi"),
                ("serve { pty = 'p', unix = 'u' }", "serve: an end is one of"),
                ("serve { pty = '' }", "serve: pty: where?"),
                ("serve { pty = 'a\\0b' }", "serve: pty: where?"),
                ("serve { pty = 1 }", "serve: pty must be a string"),
                ("serve { tcp = 65536 }", "serve: tcp"),
                ("serve { tcp = true }", "serve: tcp must be a string"),
                ("serve { vhci = 'x' }", "serve: vhci must be true or false"),
                ("serve { vhci = false }", "serve: vhci is true"),
                ("serve { unix = 'u', colour = 1 }", "serve: unknown field 'colour'"),
                ("serve { unix = 'u', name = '../x' }", "serve: a name has"),
                ("serve { unix = 'u', address = 'x' }", "serve: address"),
                ("serve { unix = 'u', drift = 1001 }", "serve: drift"),
                ("serve { unix = 'u', position = { x = 0.0001 } }", "serve: position"),
                ("serve { unix = 'u', features = { 'x' } }", "serve: features: no feature is"),
                ("serve { unix = 'u', features = { 1 } }", "serve: features must be a number or"),
                ("serve { unix = 'u', features = 'x' }", "serve: features must be"),
                ("serve { unix = 'u', dual_mode_commands = 1 }", "serve: dual_mode_commands must"),
                ("serve { unix = 'u' } serve { unix = 'u' }", "serve: two ends at 'u'"),
                ("serve { unix = 'u', name = 'a' } serve { pty = 'p', name = 'a' }",
                 "serve: there is an end 'a' already"),
                ("device { name = 'a' } serve { pty = 'p', name = 'a' }",
                 "serve: there is a device 'a' already"),
                ("serve { pty = 'p', name = 'a' } device { name = 'a' }",
                 "device: there is an end 'a' already"),
                ("scenario('x', function() serve { unix = 'u' } end) serve { unix = 'v' }",
                 "serve: stands outside scenario()")):
            with self.subTest(text):
                self.assertIn(f"room.lua:2: {words}", self.refused("serve", self.room("\n", text)))

    def test_wrong_together(self):
        room = self.room("serve { unix = 'u', name = 'a' }")
        self.assertIn("there is an end 'a' already",
                      self.refused("serve", "--pty", "p,name=a", room))
        self.assertIn("room.lua: two ends at 'u'", self.refused("serve", "--unix", "u", room))
        self.assertIn("room.lua: no end to come to", self.refused("serve", self.room(SENSOR)))


if __name__ == "__main__":
    unittest.main()
