# SPDX-License-Identifier: MIT
"""blueroom serve --clock lockstep: who owns time, and that two runs are the same.

usage: test_serve_lockstep.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import hashlib
import pathlib
import select
import socket
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from h4_client import LE_META, LE_REPORT, RESET, Host  # noqa: E402
from serve_case import KINDS, ROOM, ROOT, Case  # noqa: E402

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

        def close():
            answers.close()
            control.close()
        ask.close = close
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

    def test_what_was_asked_is_done(self):
        """However soon its party goes; the next one finds the time that is then."""
        server, ask = self.timed("--unix", self.top / "u")
        ask.close()
        for number in range(1, 31):
            control = socket.socket(socket.AF_UNIX)
            control.connect(str(self.top / "c"))
            control.sendall(b"advance 1000000\nadvance 1000000\nadv")
            if number % 3:
                control.close()
            else:
                control.shutdown(socket.SHUT_WR)
                answers = b""
                while octets := control.recv(100):
                    answers += octets
                self.assertEqual(answers, b"%d\n%d\n" % (number * 2000000 - 1000000,
                                                        number * 2000000))
                control.close()
        control = socket.socket(socket.AF_UNIX)
        self.addCleanup(control.close)
        control.connect(str(self.top / "c"))
        control.sendall(b"now\n")
        self.assertEqual(control.recv(100), b"60000000\n")
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


if __name__ == "__main__":
    unittest.main()
