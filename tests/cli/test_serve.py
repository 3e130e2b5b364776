# SPDX-License-Identifier: MIT
"""blueroom serve: hosts on every kind of end, clocks, garbage, slow readers, and how it ends.

usage: test_serve.py PROGRAM [UNITTEST-ARGUMENTS]

BLUEROOM_SERVE_FUZZ (octets of garbage for each kind of end, 100000) and BLUEROOM_SERVE_SOAK
(connects and disconnects, 150) make it longer.
"""

import hashlib
import os
import pathlib
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from h4_client import (ACL, COMPLETED, DISCONNECTION_COMPLETE, EVENT, Gone,  # noqa: E402
                       HARDWARE_ERROR, LE_META, LE_REPORT, RESET, Host, Server)

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FUZZ = int(os.environ.get("BLUEROOM_SERVE_FUZZ", "100000"))
SOAK = int(os.environ.get("BLUEROOM_SERVE_SOAK", "150"))
# A sanitizer keeps freed memory for a while, which would look like a leak.
ENVIRONMENT = {**os.environ,
               "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
KINDS = ("unix", "tcp", "pty")

ROOM = """
local sensor = device { name = "sensor", address = "00:1B:DC:00:18:0D", position = { x = 2 } }
scenario("a heart-rate sensor at two metres", function()
  local rate = sensor:service(0x180D):characteristic { uuid = 0x2A37, properties = "read",
                                                       value = "\\x00\\x48" }
  while true do
    sensor:advertise { name = "Heart Rate", services = { 0x180D }, interval = ms(100) }
    sensor:wait_connected():wait_disconnected()
  end
end)
"""


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.top = pathlib.Path(scratch.name)

    def serve(self, *arguments):
        server = Server(PROGRAM, *arguments, cwd=self.top, env=ENVIRONMENT)
        self.addCleanup(server.kill)
        return server

    def everywhere(self, *arguments):
        return self.serve("--unix", self.top / "u", "--tcp", "0", "--pty", self.top / "p",
                          *arguments)

    def host(self, stream, pump=None):
        host = Host(stream, pump)
        self.addCleanup(self.close, host)
        return host

    @staticmethod
    def close(host):
        try:
            host.close()
        except OSError:
            pass

    def on(self, server, kind):
        return self.host(getattr(server, kind)())

    def linked(self, central, peripheral):
        """Two hosts come up and connect; both handles."""
        central.bring_up()
        address = peripheral.bring_up()
        peripheral.advertise()
        central.connect(address)
        return central.connected(), peripheral.connected()

    def ends_well(self, server, number=signal.SIGINT):
        self.assertEqual(server.stop(number), (0, ""))


class Ends(Case):
    def test_bring_up_over_each(self):
        server = self.everywhere()
        addresses = {self.on(server, kind).bring_up() for kind in KINDS}
        self.assertEqual(len(addresses), 3)
        self.ends_well(server)
        self.assertEqual(list(self.top.iterdir()), [])  # socket and link are gone

    def test_properties(self):
        server = self.serve("--unix", f"{self.top / 'u'},name=phone,address=00:1B:DC:00:00:01,"
                            "position=3/-4/0,drift=20,features=1")
        first, second = self.on(server, "unix"), self.on(server, "unix")
        self.assertEqual(first.bring_up().hex(), "010000dc1b00")
        self.assertEqual(first.command(0x2003).hex(), "0100000000000000")
        self.assertNotEqual(second.bring_up().hex(), "010000dc1b00")

    def test_the_same_again(self):
        """Who comes back is the same device, and nothing is left of what he did before."""
        server = self.everywhere()
        for kind in KINDS:
            host = Host(getattr(server, kind)())
            address = host.bring_up()
            host.advertise()
            host.close()
            deadline = time.monotonic() + 10
            while True:
                host = Host(getattr(server, kind)())
                again = host.bring_up()
                # Advertising would make this fail (7.8.4).
                host.command(0x2005, bytes.fromhex("0102030405c0"))
                if again == address or time.monotonic() > deadline:
                    break
                host.close()
            self.assertEqual(again, address, kind)
            host.close()
        self.ends_well(server)

    def test_pty_is_raw(self):
        server = self.serve("--pty", self.top / "p")
        self.assertTrue(os.path.islink(self.top / "p"))
        host = self.on(server, "pty")
        host.bring_up()
        host.command(0x2008, bytes([31]) + bytes(range(31)))  # every control character
        # 03 0d 0a 11 13 04 1a: what a terminal would act upon
        host.command(0x2009, bytes([7]) + bytes.fromhex("030d0a1113041a").ljust(31, b"\x7f"))

    def test_pty_link(self):
        """What was left over on the way to the link is replaced; a file is somebody's."""
        (self.top / "p.part").symlink_to("/nowhere")
        (self.top / "p").symlink_to("/nowhere")
        server = self.serve("--pty", self.top / "p")
        self.on(server, "pty").bring_up()
        self.ends_well(server)
        self.assertEqual(list(self.top.iterdir()), [])

    def test_unread_octets_are_not_for_the_next(self):
        server = self.serve("--pty", self.top / "p")
        host = self.on(server, "pty")
        host.write(RESET * 20)
        time.sleep(0.1)
        server.see_off(host)
        host = self.on(server, "pty")
        time.sleep(0.1)
        self.assertFalse(host.read(), host.packets)
        host.command(0x1009)

    def test_who_goes_while_he_is_held_up(self):
        server = self.serve("--pty", self.top / "p", "--clock", "10x")
        host = self.on(server, "pty")
        stuck = 0
        while stuck < 5:  # nothing goes any more
            try:
                os.write(host.fd, bytes.fromhex("01182000") * 100)
                stuck = 0
            except BlockingIOError:
                stuck += 1
                time.sleep(0.1)
        server.see_off(host)
        host = self.on(server, "pty")
        host.command(0x1009)
        self.assertFalse(host.packets)

    def test_a_client_that_dies(self):
        server = self.everywhere()
        phone, sensor = self.on(server, "tcp"), self.on(server, "unix")
        self.linked(phone, sensor)
        other = self.on(server, "pty")
        other.bring_up()
        sensor.close()
        packet = phone.event(DISCONNECTION_COMPLETE)
        self.assertEqual(packet[-1], 0x08)  # Connection Timeout
        other.bring_up()
        phone.bring_up()
        self.ends_well(server)

    def test_many_at_once(self):
        server = self.serve("--unix", self.top / "u")
        hosts = [self.on(server, "unix") for _ in range(40)]
        addresses = [host.bring_up() for host in hosts]
        self.assertEqual(len(set(addresses)), 40)
        hosts[7].close()  # the lowest number that is free
        self.assertEqual(self.on(server, "unix").bring_up(), addresses[7])
        self.assertNotIn(self.on(server, "unix").bring_up(), addresses)

    def test_left_over_socket(self):
        first = self.serve("--unix", self.top / "u")
        first.kill()
        self.assertTrue((self.top / "u").exists())
        self.on(self.serve("--unix", self.top / "u"), "unix").bring_up()


class World(Case):
    def test_two_hosts_meet(self):
        for clock in ("realtime", "20x"):
            server = self.everywhere("--clock", clock)
            phone, sensor = self.on(server, "tcp"), self.on(server, "pty")
            phone.bring_up()
            address = sensor.bring_up()
            sensor.advertise(b"\x05\x09Beat")
            phone.scan()
            report = phone.event(LE_META, LE_REPORT)
            self.assertEqual(report[7:13], address)
            self.assertIn(b"Beat", report)
            phone.scan(False)
            phone.connect(address)
            here, there = phone.connected(), sensor.connected()
            phone.data(here, b"hello")
            self.assertEqual(sensor.received(), b"hello")
            phone.event(COMPLETED)
            sensor.data(there, b"a longer one, in several fragments on the air")
            self.assertEqual(phone.received()[:5], b"a lon")
            sensor.event(COMPLETED)
            phone.send(0x0406, here.to_bytes(2, "little") + b"\x13")
            self.assertEqual(phone.event(DISCONNECTION_COMPLETE)[-1], 0x16)
            self.assertEqual(sensor.event(DISCONNECTION_COMPLETE)[-1], 0x13)
            self.ends_well(server)

    def test_fast(self):
        server = self.serve("--unix", self.top / "u", "--clock", "fast")
        phone, sensor = self.on(server, "unix"), self.on(server, "unix")
        here, _ = self.linked(phone, sensor)
        started = time.monotonic()
        for _ in range(100):
            phone.data(here, bytes(20))
            self.assertEqual(sensor.received(), bytes(20))
            phone.event(COMPLETED)
        self.assertLess(time.monotonic() - started, 100 * 0.0075 * 20)
        sensor.close()
        self.assertEqual(phone.event(DISCONNECTION_COMPLETE)[-1], 0x08)

    def test_room_with_a_peer_of_ours(self):
        (self.top / "room.lua").write_text(ROOM, encoding="utf-8")
        server = self.serve("--unix", self.top / "u", "--clock", "10x", "--trace", "t", "room.lua")
        for _ in range(2):  # the second after a break, with a new host
            phone = self.on(server, "unix")
            phone.bring_up()
            phone.scan()
            report = phone.event(LE_META, LE_REPORT)
            self.assertEqual(report[7:13].hex(), "0d1800dc1b00")
            phone.scan(False)
            phone.connect(report[7:13])
            handle = phone.connected()
            # ATT Read By Type: the heart rate measurement.
            phone.data(handle, bytes.fromhex("080100ffff372a"))
            self.assertEqual(phone.received()[-2:], b"\x00\x48")
            phone.close()
            time.sleep(0.3)
        self.ends_well(server)
        self.assertEqual(sorted(path.name for path in (self.top / "t/room").iterdir()),
                         ["sensor.btsnoop", "unix-1.btsnoop"])

    def test_room_that_fails(self):
        (self.top / "room.lua").write_text(
            "local sensor = device { name = \"sensor\" }\nscenario(\"it ends\", function()\n"
            "  sleep(ms(200))\n  expect(1):equals(2)\nend)\n",
            encoding="utf-8")
        server = self.serve("--unix", self.top / "u", "room.lua")
        self.assertEqual(server.process.wait(timeout=30), 1)
        self.assertIn("room.lua:4:", server.process.stderr.read())


class Hostile(Case):
    def test_garbage_then_reset(self):
        server = self.everywhere()
        for kind in KINDS:
            host = self.on(server, kind)
            host.bring_up()
            host.write(b"\xfe" + bytes(range(5, 250)) + bytes.fromhex("01091000"))
            self.assertEqual(host.wait(lambda p: True)[:3].hex(), "041001")
            host.write(bytes.fromhex("01091000") + RESET)
            self.assertEqual(host.wait(lambda p: True).hex(), "040e0401030c00")
            host.bring_up()

    def test_mutated_octets(self):
        """Random octets, and good streams with some octets changed, on each kind of end."""
        server = self.everywhere("--clock", "10x")
        good = b"".join(bytes.fromhex(text) for text in (
            "01030c00", "01010c08ffffffffffffff3f", "010620" "0f" "2000200000000000000000000007" "00",
            "010a200101", "010b200700a000a0000000", "010c20020100", "0200000500010004000a",
            "010d2019600060000000aaaaaaaaaaaa00060006000000f40100000000", "05000004000000ffff"))
        for kind in KINDS:
            chance = random.Random(kind)
            host = self.on(server, kind)
            sent = 0
            while sent < FUZZ:
                octets = bytearray(good if chance.random() < 0.8 else chance.randbytes(200))
                for _ in range(chance.randrange(4)):
                    octets[chance.randrange(len(octets))] = chance.randrange(256)
                host.write(bytes(octets) + (RESET if chance.random() < 0.5 else b""))
                sent += len(octets)
                host.read()
                del host.packets[:]
            # Whatever packet it is in the middle of, this ends it.
            host.write(bytes(4096))
            # An answer that nothing before has asked for: an unknown command's.
            host.write(b"\xff" + RESET + bytes.fromhex("01abfc00"))
            host.wait(lambda p: p.hex() == "040f040101abfc", kind)
            host.bring_up()
            host.close()
        self.on(server, "unix").bring_up()
        self.ends_well(server)

    def test_slow_reader(self):
        """Every answer comes, in order, however late it is read; others are served meanwhile."""
        server = self.serve("--unix", self.top / "u", "--clock", "10x")
        slow, other = self.on(server, "unix"), self.on(server, "unix")
        count = written = 0
        batch = b"".join(bytes.fromhex("011820" "00") for _ in range(100))  # LE Rand
        try:
            while count < 2000:  # until nothing goes any more
                written = os.write(slow.fd, batch)
                count += 1
                if written < len(batch):
                    break
        except BlockingIOError:
            pass
        self.assertLess(count, 2000)
        other.bring_up()
        sent = count * 100 if written == len(batch) else None
        slow.write(b"" if sent else batch[written:])
        sent = count * 100
        answers = []
        deadline = time.monotonic() + 60
        while len(answers) < sent and time.monotonic() < deadline:
            if not slow.read():
                select.select([slow.fd], [], [], 1)
            answers += slow.packets
            slow.packets = []
        self.assertEqual(len(answers), sent)
        self.assertTrue(all(p[:7].hex() == "040e0c01182000" for p in answers))
        self.assertEqual(len(set(answers)), sent)  # random numbers: none twice
        self.ends_well(server)


class Lockstep(Case):
    def timed(self, *arguments):
        server = self.serve("--clock", "lockstep", "--control", self.top / "c", *arguments)
        control = socket.socket(socket.AF_UNIX)
        control.connect(str(self.top / "c"))
        self.addCleanup(control.close)
        answers = control.makefile("r", newline="\n")
        self.addCleanup(answers.close)

        def ask(request):
            control.sendall(request.encode() + b"\n")
            return answers.readline()
        return server, ask

    def test_protocol(self):
        server, ask = self.timed("--unix", self.top / "u")
        self.assertEqual(ask("now"), "0\n")
        self.assertEqual(ask("advance 1500"), "1500\n")
        self.assertEqual(ask("advance 0"), "1500\n")
        self.assertEqual(ask("step 500\r"), "2000\n")
        for bad in ("", "advance", "advance ", "advance -1", "advance 1.5", "advance 0x10",
                    "advance 18446744073709551615", "advance 99999999999999999999", "step",
                    "step one", "now 1", "NOW", "x" * 500, "advance 1\0", "now\0"):
            self.assertRegex(ask(bad), "^error [a-z].*\n$", bad)
        self.assertEqual(ask("now"), "2000\n")
        second = socket.socket(socket.AF_UNIX)
        second.connect(str(self.top / "c"))
        self.assertEqual(second.recv(100), b"error time has an owner already\n")
        second.close()
        self.assertEqual(ask("now\nadvance 8\nnow"), "2000\n")  # several at once
        self.ends_well(server)

    def test_time_stands(self):
        server, ask = self.timed("--unix", self.top / "u")
        host = self.on(server, "unix")
        host.write(RESET)
        time.sleep(0.1)
        self.assertFalse(host.read())
        self.assertEqual(ask("advance 199999"), "199999\n")
        self.assertFalse(host.read())
        self.assertEqual(ask("advance 1"), "200000\n")  # 100 us of latency each way
        self.assertTrue(host.read())
        host.write(RESET)
        self.assertEqual(ask("step 1000000000"), "400000\n")
        self.assertTrue(host.read())
        self.assertEqual(ask("step 1000"), "401000\n")

    def story(self, kind, folder):
        """A foreign harness: its hosts' octets with their times, and the hashes of all traces."""
        (self.top / "room.lua").write_text(ROOM, encoding="utf-8")
        server, ask = self.timed(*(("--unix", self.top / "u") if kind == "unix" else
                                   ("--tcp", "0") if kind == "tcp" else
                                   ("--pty", self.top / "p")),
                                 "--trace", folder, "--air", "--seed", "7", "room.lua")
        seen = []
        phone = self.host(getattr(server, kind)(), pump=lambda: seen.append(ask("step 50000000")))
        phone.bring_up()
        phone.scan()
        address = phone.event(LE_META, LE_REPORT)[7:13]
        phone.scan(False)
        phone.connect(address)
        handle = phone.connected()
        for number in range(20):
            phone.data(handle, bytes.fromhex("0a0300"))
            seen.append(phone.received().hex() + str(number))
        ask("advance 123456789")
        phone.close()
        ask("advance 7000000000")
        self.ends_well(server)
        return seen, {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                      for path in (self.top / folder / "room").iterdir()}

    def test_two_runs_are_the_same(self):
        for kind in KINDS:
            first = self.story(kind, f"{kind}-1")
            self.assertEqual(len(first[1]), 4, first[1])
            self.assertEqual(first, self.story(kind, f"{kind}-2"), kind)

    def test_who_comes_before_an_advance_is_there(self):
        server, ask = self.timed("--unix", self.top / "u")
        answers = set()
        for number in range(30):
            host = Host(server.unix())
            host.write(bytes.fromhex("01091000"))
            ask("advance 200000")
            self.assertTrue(host.read(), number)
            answers.add(host.packets[0])
            host.close()
        self.assertEqual(len(answers), 1)  # who has gone has left his number

    def test_all_who_come_before_an_advance_are_there(self):
        server, ask = self.timed("--unix", self.top / "u")
        hosts = [self.on(server, "unix") for _ in range(16)]
        for host in hosts:
            host.write(bytes.fromhex("01091000"))
        ask("advance 200000")
        for index, host in enumerate(hosts):
            self.assertTrue(host.read(), index)

    def test_time_waits_for_a_slow_reader(self):
        server = self.serve("--clock", "lockstep", "--control", self.top / "c", "--unix",
                            self.top / "u")
        host = self.on(server, "unix")
        control = socket.socket(socket.AF_UNIX)
        self.addCleanup(control.close)
        control.connect(str(self.top / "c"))
        sent = 0
        while True:
            host.write(bytes.fromhex("01182000") * 100)
            control.sendall(b"advance 1000000\n")
            sent += 1
            if not select.select([control], [], [], 0.5)[0]:
                break
            self.assertEqual(control.recv(100), b"%d\n" % (sent * 1000000))
            self.assertLess(sent, 10000)
        got = 0
        while got < sent * 100:
            select.select([host.fd], [], [], 10)
            self.assertTrue(host.read())
            got += len(host.packets)
            host.packets = []
        self.assertEqual(control.recv(100), b"%d\n" % (sent * 1000000))
        self.ends_well(server)

    def test_example_client(self):
        (self.top / "room.lua").write_text(ROOM, encoding="utf-8")
        said = []
        for _ in range(2):
            server = self.serve("--clock", "lockstep", "--control", "c", "--unix", "u", "room.lua")
            done = subprocess.run(
                [sys.executable, ROOT / "tests/interop/lockstep_client.py", "u", "c"],
                cwd=self.top, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
            self.ends_well(server)
            said.append(done.stdout)
        self.assertEqual(said[0], said[1])
        self.assertGreater(said[0].count(b"Heart Rate".hex()), 5)


class Ending(Case):
    def test_signals_leave_whole_traces(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            folder = self.top / str(int(number))
            server = self.everywhere("--trace", folder, "--air", "--clock", "10x")
            self.linked(self.on(server, "unix"), self.on(server, "tcp"))
            self.ends_well(server, number)
            names = sorted(path.name for path in (folder / "serve").iterdir())
            self.assertEqual(names, ["air-raw.pcap", "air.pcap", "pty-1.btsnoop", "tcp-1.btsnoop",
                                     "unix-1.btsnoop"])
            for name in names:
                done = subprocess.run([PROGRAM, "dump", folder / "serve" / name],
                                      stdout=subprocess.PIPE, check=True)
                self.assertEqual(b"Connection Complete" in done.stdout,
                                 name in ("tcp-1.btsnoop", "unix-1.btsnoop"), name)

    def test_soak(self):
        """Connects and disconnects of sockets leak nothing."""
        server = self.everywhere("--clock", "10x")
        for number in range(SOAK):
            if number == 50:
                before = server.rss_kib()
            with socket.socket(socket.AF_UNIX) as end:
                end.connect(str(self.top / "u"))
                host = Host(end)
                if number % 3:
                    host.command(0x0C03)
                if number % 3 == 2:
                    host.advertise()
                    host.send(0x1009)
            with server.tcp() as end:
                if number % 2:
                    Host(end).command(0x1009)
        self.on(server, "unix").bring_up()
        self.assertLess(server.rss_kib() - before, 2048)
        self.ends_well(server)

    def test_soak_of_links(self):
        """Connections on the air come and go."""
        server = self.serve("--unix", self.top / "u", "--clock", "fast")
        phone, sensor = self.on(server, "unix"), self.on(server, "unix")
        phone.bring_up()
        address = sensor.bring_up()
        for number in range(SOAK):
            if number == 50:
                before = server.rss_kib()
            sensor.advertise()
            phone.connect(address)
            here, _ = phone.connected(), sensor.connected()
            phone.data(here, b"hello")
            self.assertEqual(sensor.received(), b"hello")
            phone.send(0x0406, here.to_bytes(2, "little") + b"\x13")
            phone.event(DISCONNECTION_COMPLETE)
            sensor.event(DISCONNECTION_COMPLETE)
        self.assertLess(server.rss_kib() - before, 2048)
        self.ends_well(server)

    def test_usage(self):
        (self.top / "file").write_text("", encoding="utf-8")
        (self.top / "p.part").write_text("mine", encoding="utf-8")
        (self.top / "two.lua").write_text("scenario('a', function() end)\n" * 1 +
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
                (["--unix", "file"], "file: address already in use"),
                (["--pty", "/nowhere/p"], "/nowhere/p: "),
                (["--pty", "file"], "file: exists, and is no symbolic link"),
                (["--pty", "p"], "p.part: exists, and is no symbolic link"),
                (["--unix", "u,name=a", "--pty", "p,name=a"], "two ends are called 'a'"),
                (["--pty", "q", "--pty", "q"], "two ends at 'q'"),
                (["--unix", "u,name=../x"], "no property"),
                (["--unix", "u,colour=red"], "'colour=red' is no property"),
                (["--unix", "u,drift=1001"], "no property"),
                (["--unix", "u,position=1/2/3/4"], "no property"),
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
