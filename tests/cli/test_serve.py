# SPDX-License-Identifier: MIT
"""blueroom serve: hosts on every kind of end, in a room with others, and how it ends.

usage: test_serve.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import contextlib
import errno
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import termios
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from h4_client import (COMPLETED, DISCONNECTION_COMPLETE, ENCRYPTION_CHANGE,  # noqa: E402
                       LE_KEY_REQUEST, LE_META, LE_REPORT, RESET, Host, Server)
from serve_case import ENVIRONMENT, KINDS, PROGRAM, ROOM, Case  # noqa: E402

NOBODY = 65534


@contextlib.contextmanager
def nobody():
    """Without the rights of root, to whom no terminal is closed."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


class Ends(Case):
    def test_bring_up_over_each(self):
        server = self.everywhere()
        addresses = {self.on(server, kind).bring_up() for kind in KINDS}
        self.assertEqual(len(addresses), 3)
        self.ends_well(server)
        self.assertEqual(list(self.top.iterdir()), [])  # socket and link are gone

    def test_properties(self):
        server = self.serve("--unix", f"{self.top / 'u'},name=phone,address=00:1B:DC:00:00:01,"
                            "position=3.25/-.5/0,drift=20,features=le encryption+LE Ping,"
                            "dual_mode_commands=yes")
        first, second = self.on(server, "unix"), self.on(server, "unix")
        self.assertEqual(first.bring_up().hex(), "010000dc1b00")
        self.assertEqual(first.command(0x2003).hex(), "1100000000000000")
        first.command(0x0C14)  # Read Local Name
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

    def test_closed_and_opened_at_once(self):
        """Nobody is taken for the one before him, however soon he comes."""
        server = self.serve("--pty", self.top / "p")
        for number in range(40):
            host = Host(server.pty())
            host.bring_up()
            host.advertise()
            if number % 2:
                host.write(bytes.fromhex("0109"))  # and is in the middle of a command
                time.sleep(0.02)
            host.close()
            host = Host(server.pty())
            # Advertising would make this fail (7.8.4).
            host.command(0x2005, bytes.fromhex("0102030405c0"))
            host.close()
        host = self.on(server, "pty")
        host.bring_up()
        host.advertise()
        others = []
        for _ in range(10):  # who looks at it is no client, nor are two who hold it
            others += [server.pty(), server.pty()]
            os.close(server.pty())
            os.close(others.pop(0))
        with self.assertRaisesRegex(AssertionError, "status 0xc$"):
            host.command(0x2005, bytes.fromhex("0102030405c0"))
        for other in others:
            os.close(other)

    def test_a_client_that_had_it_to_itself(self):
        """It comes back, whoever of the two is root, and finds nothing of what it left unread."""
        users = [{}]
        if os.geteuid() == 0:
            users.append({"user": NOBODY, "group": NOBODY, "extra_groups": []})
        self.top.chmod(0o777)
        program = shutil.copy(PROGRAM, self.top / "blueroom")  # where anybody can read it
        for user in users:
            server = Server(program, "--pty", "p", cwd=self.top, env=ENVIRONMENT, **user)
            self.addCleanup(server.kill)
            for count in range(4):
                if os.geteuid() == 0:
                    (self.top / "p").chmod(0o666)
                with nobody():
                    host = Host(os.open(self.top / "p", os.O_RDWR | os.O_NOCTTY))
                    fcntl.ioctl(host.fd, termios.TIOCEXCL)
                    with self.assertRaises(OSError) as raised:
                        os.open(self.top / "p", os.O_RDWR | os.O_NOCTTY)
                self.assertEqual(raised.exception.errno, errno.EBUSY)
                if count:
                    time.sleep(0.1)
                    self.assertFalse(host.read(), host.packets)
                host.command(0x1009)
                host.write(RESET * 20)
                time.sleep(0.1)
                server.see_off(host)
            self.assertEqual(server.stop(), (0, ""))
            self.assertFalse((self.top / "p").is_symlink())

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

    def test_a_path_that_is_another_s_by_now(self):
        """What a server finds at its path when it ends may not be its own."""
        first = self.serve("--unix", self.top / "u", "--clock", "lockstep", "--control",
                           self.top / "c")
        (self.top / "u").unlink()
        (self.top / "c").unlink()
        second = self.serve("--unix", self.top / "u")
        (self.top / "c").write_text("mine", encoding="utf-8")
        self.ends_well(first)
        self.on(second, "unix").bring_up()
        self.assertEqual((self.top / "c").read_text(encoding="utf-8"), "mine")
        self.ends_well(second)
        self.assertFalse((self.top / "u").exists())

    def test_a_link_to_a_terminal_that_is_served(self):
        first = self.serve("--pty", self.top / "p")
        (self.top / "again").symlink_to(self.top, target_is_directory=True)
        for link in ("p", "again/p"):
            done = subprocess.run([PROGRAM, "serve", "--pty", self.top / link], text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=30, check=False)
            self.assertEqual((done.returncode, done.stderr),
                             (2, f"{self.top / link}: is another server's, which runs\n"))
        self.on(first, "pty").bring_up()
        # One that was left over, to a terminal whose number another server has by now.
        (self.top / "old").symlink_to(os.readlink(self.top / "p"))
        self.on(self.serve("--pty", self.top / "old"), "pty").bring_up()
        first.kill()  # the link stays, to a terminal that somebody has open
        second = self.serve("--pty", self.top / "p")
        second.kill()  # and to one that will be the next server's
        self.on(self.serve("--pty", self.top / "p"), "pty").bring_up()


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

    def asked_for_a_key(self, *arguments):
        """Both hosts and the peripheral's handle, when it is to answer."""
        server = self.serve("--unix", self.top / "u", "--clock", "fast", *arguments)
        phone, sensor = self.on(server, "unix"), self.on(server, "unix")
        here, there = self.linked(phone, sensor)
        phone.send(0x2019, here.to_bytes(2, "little") + bytes(10) + b"k" * 16)
        sensor.event(LE_META, LE_KEY_REQUEST)
        return phone, sensor, there.to_bytes(2, "little")

    def test_time_stands_for_who_was_asked(self):
        phone, sensor, handle = self.asked_for_a_key()
        before = phone.command(0xFF81)
        time.sleep(0.5)
        sensor.send(0x201A, handle + b"k" * 16)
        self.assertEqual(phone.event(ENCRYPTION_CHANGE)[3], 0)
        passed = (int.from_bytes(phone.command(0xFF81), "little") -
                  int.from_bytes(before, "little"))
        self.assertLess(passed, 1_000_000_000)

    def test_who_never_answers(self):
        """His peer gives up, as it does in any room; others are served then."""
        phone, sensor, _ = self.asked_for_a_key("--patience", "1")
        self.assertEqual(phone.event(DISCONNECTION_COMPLETE)[-1], 0x22)  # LL Response Timeout
        self.assertEqual(sensor.event(DISCONNECTION_COMPLETE)[-1], 0x08)
        self.linked(phone, sensor)

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


if __name__ == "__main__":
    unittest.main()
