# SPDX-License-Identifier: MIT
"""blueroom run --controller: scripts on controllers outside, and outsides that are none.

usage: test_controller.py PROGRAM [UNITTEST-ARGUMENTS]

With BLUEROOM_CONTROLLER_MINUTE in the environment heart_rate.lua, too, which takes a minute, and
those of scenarios/reference/.

Of pairing_pin.lua three scenarios apply. The fourth sends from a raw radio of the room, which a
controller outside does not hear: it says so (own_air = true), and is skipped.

On btvirt the scripts run where its kernel lets it work, and inside the Linux guest always
(tests/interop/linux/stories/controller.sh).
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import serve_case  # noqa: E402
from serve_case import KINDS, PROGRAM, ROOT  # noqa: E402

LIMIT = 120
BTVIRT = pathlib.Path("/tmp/bt-server-le")
AF_ALG, AF_BLUETOOTH = 38, 31

# Both sides must agree on how fast time passes. A minute of heart rate takes a minute, for the script
# waits no longer than 200 ms for a beat, which a machine at work elsewhere may need: so it is for the
# night, and else inside the Linux guest (tests/interop/linux/stories/served.sh), whose time is its
# own. The others wait a second and more.
MINUTE = "BLUEROOM_CONTROLLER_MINUTE" in os.environ
STORIES = {
    "heart_rate": ("realtime", ("hrm", "phone"), ["PASS  a phone receives a minute of heart rate"]),
    "pairing_pin": ("2x", ("lock", "phone"), [
        "PASS  the right PIN opens the lock, and the bond lets the phone in again",
        "PASS  a wrong PIN fails with Confirm Value Failed and nothing is readable",
        "PASS  a new PIN forgets the old phone",
        "SKIP  a fixed PIN under Secure Connections gives away a bit an attempt  "
        "(it is about our own air, and a controller is outside)"]),
    "two_way_message": ("2x", ("central", "peripheral"), [
        "PASS  messages and answers go both ways"]),
}

PAIR = """
local phone = device { name = "phone" }
local lock = device { name = "lock" }
"""
WAITS = PAIR + 'scenario("waits", function() sleep(s(60)) end)\n'


def has_family(number):
    """Whether the kernel has such sockets."""
    try:
        socket.socket(number, socket.SOCK_SEQPACKET if number == AF_ALG else socket.SOCK_RAW,
                      0 if number == AF_ALG else 1).close()
    except OSError as error:
        return isinstance(error, PermissionError)
    return True


def listens(path):
    with socket.socket(socket.AF_UNIX) as end:
        return end.connect_ex(str(path)) == 0


class Case(serve_case.Case):
    def script(self, text, name="x.lua"):
        (self.top / name).write_text(text, encoding="utf-8")
        return name

    def run_it(self, *arguments):
        return subprocess.run([PROGRAM, "run", *map(str, arguments)], cwd=self.top, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def on_sockets(self, text, *arguments, ends=("--unix", "u")):
        """The script with phone and lock on two controllers of one server."""
        if not (self.top / "u").exists():
            self.serve(*ends)
        return self.run_it("--controller", "phone=unix:u", "--controller", "lock=unix:u",
                           *arguments, self.script(text))

    def passes(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def fails(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)


class Stories(Case):
    def told(self, name, done):
        """The script's own lines, and no more trouble than an address that is not used."""
        _, _, lines = STORIES[name]
        self.passes(done)
        self.assertEqual(done.stdout.splitlines(), lines)
        self.assertEqual([line for line in done.stderr.splitlines()
                          if not line.endswith("and has its own: address")], [])

    def story(self, name, kind):
        speed, devices, _ = STORIES[name]
        folder = self.top / f"{name}-{kind}"
        folder.mkdir()
        ends = {"unix": ["--unix", folder / "u"], "tcp": ["--tcp", "0"],
                "pty": ["--pty", folder / "p1", "--pty", folder / "p2"]}[kind]
        server = self.serve("--clock", speed, *ends)
        where = server.ends[kind] * (1 if kind == "pty" else 2)
        options = [option for device, end in zip(devices, where)
                   for option in ("--controller", f"{device}={kind}:{end}")]
        done = self.run_it("--clock", speed, "--trace", folder, *options,
                           ROOT / f"scenarios/{name}.lua")
        traces = sorted(path.stem for path in folder.rglob("*.btsnoop"))
        return name, kind, done, traces, server.stop()

    def test_on_served_controllers(self):
        with concurrent.futures.ThreadPoolExecutor(9) as pool:
            jobs = [pool.submit(self.story, name, kind) for name in STORIES for kind in KINDS
                    if name != "heart_rate" or MINUTE]
            for job in jobs:
                name, kind, done, traces, server = job.result()
                _, devices, lines = STORIES[name]
                with self.subTest(f"{name} by {kind}"):
                    self.told(name, done)
                    self.assertEqual(server, (0, ""))
                    passed = sum(line.startswith("PASS") for line in lines)
                    self.assertEqual(traces, sorted(devices * passed))

    @unittest.skipUnless(MINUTE, "for the night: ten times the wall's pace wants a machine of its own")
    def test_scripts_of_the_references(self):
        """Each scenario passes or says that it is about our own air."""
        self.serve("--clock", "10x", "--unix", "u")
        for path in sorted((ROOT / "scenarios/reference").glob("*.lua")):
            names = re.findall(r'^local \w+ *= device { name = "(\w+)"',
                               path.read_text(encoding="utf-8"), re.MULTILINE)
            outside = [f"--controller={name}=unix:u" for name in names]
            with self.subTest(path.name):
                self.assertNotEqual(names, [])
                self.passes(self.run_it("--clock", "10x", *outside, path))

    @unittest.skipUnless(shutil.which("btvirt"), "there is no btvirt (package bluez-test-tools)")
    @unittest.skipUnless(has_family(AF_ALG), "this kernel has no AF_ALG, without which btvirt "
                         "closes every connection; see tests/interop/linux/stories/controller.sh")
    @unittest.skipIf(listens(BTVIRT), f"{BTVIRT} is another btvirt's")
    def test_on_btvirt(self):
        btvirt = subprocess.Popen(["btvirt", "-s"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(btvirt.wait)
        self.addCleanup(btvirt.terminate)
        deadline = time.monotonic() + 10
        while not listens(BTVIRT) and time.monotonic() < deadline:
            time.sleep(0.05)
        for name in STORIES if MINUTE else ("two_way_message", "pairing_pin"):
            _, devices, _ = STORIES[name]
            options = [option for device in devices
                       for option in ("--controller", f"{device}=unix:{BTVIRT}")]
            with self.subTest(name):
                self.told(name, self.run_it(*options, ROOT / f"scenarios/{name}.lua"))


class Devices(Case):
    def test_its_address_is_the_controllers(self):
        """And whoever connects by device.address meets it."""
        done = self.on_sockets(
            'local phone = device { name = "phone", address = "00:1B:DC:00:00:01", drift = 5 }\n'
            'local lock = device { name = "lock" }\n'
            'scenario("addresses", function()\n'
            '  expect(phone.address):equals("00:1B:DC:00:00:77")\n'
            '  lock:advertise {}\n'
            '  local conn = phone:connect(lock.address)\n'
            '  expect(conn.peer):equals(lock.address)\n'
            '  expect(lock:wait_connected(s(5)).peer):equals("00:1B:DC:00:00:77")\n'
            'end)\n', ends=("--unix", "u,address=00:1B:DC:00:00:77"))
        self.passes(done)
        self.assertEqual(done.stderr, "phone: its controller is outside (unix:u), and has its own: "
                                      "address, drift\n")

    def test_random_address(self):
        self.passes(self.on_sockets(
            'local phone = device { name = "phone", address = "C0:00:00:00:00:01" }\n'
            'local lock = device { name = "lock", address = "C0:00:00:00:00:02" }\n'
            'scenario("random addresses", function()\n'
            '  lock:advertise {}\n'
            '  phone:connect("C0:00:00:00:00:02")\n'
            '  expect(lock:wait_connected(s(5)).peer):equals("C0:00:00:00:00:01")\n'
            'end)\n'))

    def test_one_outside_one_inside(self):
        """They do not meet, and time is the wall's for both."""
        self.serve("--unix", "u")
        begun = time.monotonic()
        done = self.run_it("--controller", "phone=unix:u", "--trace", "t", "--air", self.script(
            PAIR + 'scenario("apart", function()\n'
                   '  local ear = raw { name = "ear" }\n'
                   '  lock:advertise { name = "Lock" }\n'
                   '  expect_error(function() phone:scan { name = "Lock", timeout = s(1) } end,'
                   ' "Timed out")\n'
                   '  expect(now()):at_least(s(1))\n'
                   'end)\n'))
        self.passes(done)
        self.assertGreaterEqual(time.monotonic() - begun, 1)
        self.assertEqual(sorted(path.name for path in (self.top / "t/x").iterdir()),
                         ["air-raw.pcap", "air.pcap", "lock.btsnoop", "phone.btsnoop"])
        air = subprocess.run([PROGRAM, "dump", "t/x/air.pcap"], cwd=self.top, check=True,
                             stdout=subprocess.PIPE, text=True)
        self.assertIn("Lock", air.stdout)

    def test_clock(self):
        self.serve("--unix", "u", "--clock", "10x")
        text = PAIR + 'scenario("naps", function() sleep(s(10)) end)\n'
        begun = time.monotonic()
        self.passes(self.run_it("--controller", "phone=unix:u", "--clock", "10x",
                                self.script(text)))
        self.assertGreaterEqual(time.monotonic() - begun, 1)

    def test_freeze(self):
        self.passes(self.on_sockets(
            PAIR + 'scenario("a host that stands still", function()\n'
                   '  lock:advertise {}\n'
                   '  lock:freeze()\n'
                   '  local conn = phone:connect(lock)\n'
                   '  sleep(ms(500))\n'
                   '  expect(#lock:connections()):equals(0)\n'
                   '  lock:thaw()\n'
                   '  lock:wait_connected(s(5))\n'
                   'end)\n'))

    def test_what_is_not_ours(self):
        for call in ("phone:power_off()", "phone:move { x = 1 }", "path_loss(phone, lock, 30)"):
            with self.subTest(call):
                self.fails(self.on_sockets(PAIR + 'scenario("x", function()\n'
                                           f'  {call}\nend)\n'), 2, "x.lua:5: ",
                           "the controller of phone is outside (unix:u), and its radio not ours")

    def test_time_limit(self):
        self.fails(self.on_sockets(PAIR + 'scenario("x", { time_limit = ms(300) }, function()\n'
                                          '  phone:wait_connected()\nend)\n'), 2,
                   "has not ended within its limit of virtual time", "waits in phone:wait_connected")

    def test_interrupted(self):
        self.serve("--unix", "u")
        process = subprocess.Popen([PROGRAM, "run", "-v", "--controller", "phone=unix:u",
                                    self.script(PAIR + 'scenario("x", function()\n  log("here")\n'
                                                       '  phone:wait_connected()\nend)\n'
                                                       'scenario("y", function() end)\n'), "x.lua"],
                                   cwd=self.top, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        self.addCleanup(process.kill)
        self.assertIn("here", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT)
        self.assertEqual(process.returncode, 2)
        self.assertEqual(output.count("FAIL") + output.count("PASS"), 1)  # and nothing else begins
        self.assertIn("x.lua: interrupted\n  the scenario waits in phone:wait_connected", errors)

    def test_watchdog_sleeps(self):
        """A script that waits for the wall's clock does not hang."""
        self.passes(self.on_sockets(PAIR + 'scenario("x", function() sleep(s(3)) end)\n',
                                    "--watchdog", "2"))


class Lost(Case):
    def test_the_server_ends(self):
        server = self.serve("--unix", "u", "--pty", "p")
        for end in ("unix:u", "pty:p"):
            with self.subTest(end):
                process = subprocess.Popen(
                    [PROGRAM, "run", "-v", "--trace", "t", "--controller", f"lock={end}",
                     self.script(PAIR + 'scenario("x", function()\n  log("here")\n  sleep(s(60))\n'
                                        'end)\n')], cwd=self.top, text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.addCleanup(process.kill)
                self.assertIn("here", process.stderr.readline())
                server.stop()
                output, errors = process.communicate(timeout=LIMIT)
                self.assertEqual(process.returncode, 1, errors)
                self.assertTrue(output.startswith("FAIL  x"), output)
                self.assertIn(f"lock: its controller ({end}) is lost: the other side has closed "
                              "the connection\n", errors)
                # What led to it is kept.
                self.assertTrue((self.top / "t/x/lock.btsnoop").exists())
                server = self.serve("--unix", "u", "--pty", "p")

    def listen(self, behave):
        """A controller that is none: behave(connection) for each host that comes."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.top / "u"))
        listener.listen()
        self.addCleanup(os.unlink, self.top / "u")
        self.addCleanup(listener.close)

        def accept():
            try:
                connection, _ = listener.accept()
            except OSError:  # no host has come
                return
            with connection:
                behave(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(listener.shutdown, socket.SHUT_RDWR)

    def test_no_controller(self):
        """Each says something else in place of an answer to HCI_Reset."""
        answer = bytes.fromhex("040e0401030c00")
        rows = {
            "closed at once": (b"", "is lost: the other side has closed the connection\n"),
            "half a packet": (answer[:5], "has closed the connection, in the middle of a packet\n"),
            "a header": (answer[:2], "has closed the connection, in the middle of a packet\n"),
            "a command": (b"\x01\x03\x0c\x00", "is lost: what it sends is no HCI (H4)\n"),
            "garbage": (bytes(range(5, 250)), "is lost: what it sends is no HCI (H4)\n"),
            "text": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what it sends is no HCI (H4)\n"),
            "too long": (b"\x02\x00\x00\xff\xff", "what it sends is no HCI (H4)\n"),
            "an answer, then garbage": (answer + b"\xff", "what it sends is no HCI (H4)\n"),
            "an answer of another length": (answer[:2] + b"\x03" + answer[3:6],
                                            "(unix:u) failed: "),
        }
        for name, (octets, words) in rows.items():
            with self.subTest(name):
                def behave(connection, octets=octets):
                    connection.recv(100)
                    connection.sendall(octets)
                    if "closed" not in words:
                        connection.recv(100)
                self.listen(behave)
                done = self.run_it("--controller", "phone=unix:u", self.script(WAITS))
                self.fails(done, 2, "phone: its controller (unix:u) ", words)
                self.doCleanups()
                self.setUp()

    def test_never_answers(self):
        self.listen(lambda connection: (connection.recv(100), connection.recv(100)))
        self.fails(self.run_it("--controller", "phone=unix:u", self.script(WAITS)), 2,
                   "phone: its controller (unix:u) does not answer\n")

    def test_what_was_said_before(self):
        """To the last one who had the serial port."""
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        os.write(ours, b"\x55\n" * 20)
        where = f"pty:{os.ttyname(theirs)}"
        self.fails(self.run_it("--controller", f"phone={where}", self.script(WAITS)), 2,
                   f"phone: its controller ({where}) does not answer\n")

    def test_not_there(self):
        (self.top / "file").write_text("")
        left_over = socket.socket(socket.AF_UNIX)
        left_over.bind(str(self.top / "left"))
        left_over.close()
        free = socket.create_server(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        rows = {"unix:nowhere": "No such file or directory", "unix:file": "Connection refused",
                "unix:left": "Connection refused", f"tcp:127.0.0.1:{port}": "Connection refused",
                f"tcp:localhost:{port}": "Connection refused",
                "tcp:no.such.host.invalid:1": "", "pty:nowhere": "No such file or directory",
                "pty:file": "(no terminal)", "pty:/dev/null": "(no terminal)"}
        if not has_family(AF_BLUETOOTH):
            rows["hci:0"] = "this machine's kernel has no Bluetooth sockets"
        for where, words in rows.items():
            with self.subTest(where):
                done = self.run_it("--controller", f"phone={where}", "--trace", "t",
                                   self.script(WAITS))
                self.fails(done, 2, f"phone: {where}: ", words)
                self.assertEqual(list(self.top.rglob("*.btsnoop*")), [])


class Arguments(Case):
    def test_refused(self):
        self.script(WAITS)
        rows = (
            (["--controller"], "--controller needs a value"),
            (["--controller", "phone"], "'phone' does not begin with a device's name and ="),
            (["--controller", "=unix:u"], "does not begin with a device's name"),
            (["--controller", "a b=unix:u"], "does not begin with a device's name"),
            (["--controller", "phone="], "'' is none of unix:PATH, tcp:HOST:PORT, pty:PATH, hci:N"),
            *((["--controller", f"phone={where}"], f"'{where}' is none of ") for where in (
                "u", "unix", "unix:", "unix:" + "u" * 108, "tcp:", "tcp:9000", "tcp::1", "tcp:a:",
                "tcp:a:0", "tcp:a:65536", "tcp:a:9x", "pty:", "hci:", "hci:x", "hci:-1",
                "hci:65536", "usb:0", "UNIX:u")),
            (["--controller", "phone=unix:u", "--controller", "phone=unix:v"],
             "--controller: phone has two"),
            (["--controller", "phone=pty:p", "--controller", "lock=pty:p"],
             "--controller: phone and lock are both at pty:p"),
            (["--controller", "phone=hci:0", "--controller", "lock=hci:0"], "are both at hci:0"),
            (["--clock", "2x"], "--clock goes with --controller"),
            *((["--controller", "phone=unix:u", "--clock", clock],
               f"--clock: '{clock}' is neither realtime nor Nx") for clock in (
                   "fast", "lockstep", "0x", "x", "-1x", "1.5x", "1000001x", "2xx", "")),
        )
        for arguments, words in rows:
            with self.subTest(arguments):
                order = ["x.lua", *arguments] if len(arguments) == 1 else [*arguments, "x.lua"]
                done = self.run_it(*order)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn(words, done.stderr)
                self.assertTrue(done.stderr.startswith("blueroom run: "))

    def test_no_such_device(self):
        self.script(WAITS)
        self.fails(self.run_it("--controller", "hrm=unix:u", "x.lua"), 2,
                   "x.lua: --controller: no device outside its scenarios is called 'hrm'; there are "
                   "phone, lock\n")
        self.script('scenario("x", function() device { name = "hrm" } end)\n')
        self.fails(self.run_it("--controller", "hrm=unix:u", "x.lua"), 2, "there are none\n")

    def test_help(self):
        done = self.run_it("--help")
        for words in ("--controller DEVICE=WHERE", "unix:PATH", "tcp:HOST:PORT", "pty:PATH",
                      "hci:N", "--clock Nx"):
            self.assertIn(words, done.stdout)


if __name__ == "__main__":
    unittest.main()
