# SPDX-License-Identifier: MIT
"""blueroom run --serial: the BGAPI backend of a script at a port outside, where a dongle is served.

usage: test_serial.py PROGRAM [UNITTEST-ARGUMENTS]

Two processes and a pseudo-terminal between them, by the wall's clock.
"""

import os
import pathlib
import pty
import subprocess
import sys
import threading
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from bgapi_case import BgapiCase  # noqa: E402
from serve_case import ENVIRONMENT, PROGRAM  # noqa: E402

LIMIT_S = 120  # on a machine that is busy

# The usage examples of the document, with a device that has a random address.
CLIENT = """
scenario("scan, connect, read, subscribe", function()
  local adapter = BGAPIBackend {options}
  adapter:start {{ delay_after_reset_s = 0.2 }}
  expect(adapter:get_mac()):equals("00:07:80:00:00:01")
  local names = {{}}
  for _, found in ipairs(adapter:scan {{ timeout = 1 }}) do
    names[found.name] = found.address
  end
  expect(names["Heart Rate"]):equals("C0:00:00:00:18:0D")
  local device = adapter:connect("C0:00:00:00:18:0D",
    {{ address_type = BLEAddressType.random, interval_min = 6, interval_max = 12, timeout = 20 }})
  expect(device:char_read(0x2A38)):equals("\\1")
  device:char_write("6e400003-b5a3-f393-e0a9-e50e24dcca9e", string.rep("y", 60))
  expect(device:char_read_long("6e400003-b5a3-f393-e0a9-e50e24dcca9e")):equals(string.rep("y", 60))
  local beats = {{}}
  device:subscribe(0x2A37, {{ callback = function(handle, value) table.insert(beats, value) end }})
  while #beats < 3 do
    sleep(ms(100))
  end
  expect(device:get_rssi()):below(0)
  device:disconnect()
  expect_error(function() device:char_read(0x2A38) end, NotConnectedError)
  adapter:stop()
end)

scenario("bond, with the passkey that the lock shows", function()
  local asked = 0
  local adapter = BGAPIBackend {{
    on_passkey_request = function(address) asked = asked + 1; return 1234 end,
  }}
  adapter:start {{ delay_after_reset_s = 0.2 }}
  adapter:send_command("sm_set_parameters", {{ mitm = 1, min_key_size = 7, io_capabilities = 2 }})
  local lock = adapter:connect("C0:00:00:00:10:CC", {{ address_type = "random", timeout = 20 }})
  expect_error(function() lock:char_read("0000aa11-1234-5678-9abc-def012345678") end, BGAPIError)
  lock:bond {{ permanent = true }}
  expect(asked):equals(1)
  expect(lock:char_read("0000aa11-1234-5678-9abc-def012345678")):equals("locked")
  lock:disconnect()
  adapter:clear_bond("C0:00:00:00:10:CC")
  expect(adapter:send_command("sm_get_bonds").count):equals(0)
  adapter:stop()
end)
"""

HELLO = """
scenario("hello", function()
  local adapter = BGAPIBackend { serial_port = "COM9" }
  adapter:start { reset = false }
  adapter:send_command("system_hello")
end)
"""


class Serial(BgapiCase):
    def run_script(self, text, *arguments):
        script = self.top / "client.lua"
        script.write_text(text, encoding="utf-8")
        return subprocess.run([PROGRAM, "run", *arguments, str(script)], cwd=self.top, text=True,
                              env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S,
                              check=False)

    def check(self, done, status, *errors):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for error in errors:
            self.assertIn(error, done.stderr)

    def test_a_served_dongle(self):
        self.serve_dongle(properties=",address=00:07:80:00:00:01")
        link = self.top / "dongle"
        named = CLIENT.format(options='{ serial_port = "/dev/ttyUSB7" }')
        named = named.replace("BGAPIBackend {\n", 'BGAPIBackend {\n    serial_port = "/dev/ttyUSB7",\n')
        self.check(self.run_script(named, "--serial", f"/dev/ttyUSB7={link}"), 0)
        # Again, and found without its name: the dongle is as it was.
        found = self.run_script(CLIENT.format(options="()"), "--serial", f"COM9={link}")
        self.check(found, 0)
        self.assertEqual(found.stdout.count("PASS"), 2)

    def test_a_served_dongle_that_goes(self):
        server = self.serve_dongle()
        text = HELLO.replace('send_command("system_hello")', "scan { timeout = 60 }")
        ended = threading.Timer(2, server.process.terminate)
        ended.start()
        self.addCleanup(ended.cancel)
        self.check(self.run_script(text, "--serial", f"COM9={self.top / 'dongle'}"), 1,
                   f"COM9: the port (pty:{self.top / 'dongle'}) is lost: the other side has closed")

    def test_a_port_that_says_nothing(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        self.check(self.run_script(HELLO, "--serial", f"COM9={os.ttyname(theirs)}"), 1,
                   "adapter:start: BGAPIError: the dongle has not answered")
        # It is made raw: the request comes as it was sent.
        self.assertEqual(os.read(ours, 64), bytes.fromhex("000206010000"))

    def test_a_port_that_talks_nonsense(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)

        def talk():
            os.read(ours, 64)
            os.write(ours, b"\xff\x77" + bytes(range(256)) + bytes.fromhex("0002060100000001"))

        talker = threading.Thread(target=talk, daemon=True)
        talker.start()
        self.check(self.run_script(HELLO, "--serial", f"COM9={os.ttyname(theirs)}"), 1,
                   "adapter:start: BGAPIError: ")

    def run_program(self, port):
        """scenarios/c/bgapi_port.c, which stands beside the program."""
        example = pathlib.Path(PROGRAM).parent / "scenarios/c/example_bgapi_port"
        return subprocess.run([example, port], text=True, env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S,
                              check=False)

    def test_a_program_in_c(self):
        self.serve_dongle(properties=",address=00:07:80:00:00:01")
        for _ in range(2):
            done = self.run_program(self.top / "dongle")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            lines = done.stdout.splitlines()
            self.assertEqual(lines[0], "the dongle is 00:07:80:00:00:01")
            self.assertIn("heard C0:00:00:00:18:0D 'Heart Rate'", lines[1:])

    def test_a_program_in_c_and_a_dongle_that_goes(self):
        server = self.serve_dongle()
        ended = threading.Timer(0.7, server.process.terminate)
        ended.start()
        self.addCleanup(ended.cancel)
        done = self.run_program(self.top / "dongle")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(f"{self.top / 'dongle'}: ", done.stderr)

    def test_a_program_in_c_at_wrong_ports(self):
        for port, error in ((self.top / "none", "No such file"), ("/dev/null", "Inappropriate")):
            done = self.run_program(port)
            self.assertEqual(done.returncode, 2)
            self.assertIn(error, done.stderr)

    def test_wrong_ports(self):
        plain = self.top / "plain"
        plain.write_text("", encoding="utf-8")
        for arguments, error in (
                (["COM9"], "--serial: 'COM9' is not NAME=PATH"),
                (["=/dev/null"], "is not NAME=PATH"),
                (["COM9="], "is not NAME=PATH"),
                ([f"COM9={self.top / 'none'}"], f"COM9: pty:{self.top / 'none'}: No such file"),
                ([f"COM9={plain}"], "(no terminal)"),
                (["COM9=a", "--serial", "COM9=b"], "two ports are called 'COM9'"),
                (["COM8=a", "--serial", "COM9=a"], "COM8 and COM9 are both at a")):
            with self.subTest(arguments=arguments):
                self.check(self.run_script(HELLO, "--serial", *arguments), 2, error)

    def test_a_dongle_of_the_room_at_the_same_port(self):
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        text = 'dongle { name = "stick", port = "COM9" }\n' + HELLO
        self.check(self.run_script(text, "--serial", f"COM9={os.ttyname(theirs)}"), 2,
                   "dongle: there is a port COM9 already")


if __name__ == "__main__":
    unittest.main()
