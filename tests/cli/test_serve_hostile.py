# SPDX-License-Identifier: MIT
"""blueroom serve: garbage, slow readers, and what thousands of clients leave behind.

usage: test_serve_hostile.py PROGRAM [UNITTEST-ARGUMENTS]

BLUEROOM_SERVE_FUZZ (octets of garbage for each kind of end, 100000) and BLUEROOM_SERVE_SOAK
(connects and disconnects, 150) make it longer.
"""

import os
import pathlib
import random
import re
import select
import socket
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from h4_client import DISCONNECTION_COMPLETE, PATIENCE, RESET, Host  # noqa: E402
from serve_case import KINDS, Case  # noqa: E402

FUZZ = int(os.environ.get("BLUEROOM_SERVE_FUZZ", "100000"))
SOAK = int(os.environ.get("BLUEROOM_SERVE_SOAK", "150"))
WARM = max(50, SOAK // 5)  # from here on memory does not grow

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

    def test_mutated_requests(self):
        """The same at the control socket, by party after party; a host is served all the while."""
        server = self.serve("--unix", self.top / "u", "--clock", "lockstep", "--control",
                            self.top / "c")
        host = self.on(server, "unix")
        chance = random.Random("control")
        sent = 0
        while sent < FUZZ:
            with socket.socket(socket.AF_UNIX) as control:
                control.settimeout(PATIENCE)
                control.connect(str(self.top / "c"))
                requests = [self.request(chance) for _ in range(chance.randrange(1, 40))]
                control.sendall(b"\n".join(requests) + b"\n")
                sent += sum(len(request) + 1 for request in requests)
                if chance.random() < 0.5:
                    control.shutdown(socket.SHUT_WR)
                    answers = b"".join(iter(lambda: control.recv(65536), b"")).split(b"\n")
                    self.assertEqual(len(answers), len(requests) + 1)
                    for answer in answers[:-1]:
                        self.assertRegex(answer, rb"^([0-9]+|error [a-z :,A-Z]+)$")
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(PATIENCE)
            control.connect(str(self.top / "c"))
            host.pump = lambda: (control.sendall(b"advance 1000000\n"), control.recv(100))
            host.bring_up()
        self.ends_well(server)

    @staticmethod
    def request(chance):
        """Garbage or a good one, changed or not; at most a second is asked for."""
        good = (b"now", b"advance %d" % chance.randrange(10**9), b"step %d" % chance.randrange(99))
        request = bytearray(chance.choice(good) if chance.random() < 0.8 else
                            chance.randbytes(chance.randrange(300)))
        for _ in range(chance.choice((0, 0, 1, 3))):
            if request:
                request[chance.randrange(len(request))] = chance.randrange(256)
        return re.sub(rb"\n|\d{10,}", b"?", bytes(request))

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


class Soak(Case):
    def grew(self, server, before):
        """before: as it was warm, or None when it was ended before that."""
        if before is not None:
            growth = server.rss_kib() - before
            print(f"{self.id()}: {SOAK} times, memory grew by {growth} KiB", file=sys.stderr)
            self.assertLess(growth, 2048)

    def test_soak(self):
        """Connects and disconnects of sockets leak nothing."""
        server = self.everywhere("--clock", "10x")
        before = None
        for number in range(SOAK):
            if number == WARM:
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
        self.grew(server, before)
        self.ends_well(server)

    def test_soak_of_links(self):
        """Connections on the air come and go."""
        server = self.serve("--unix", self.top / "u", "--clock", "fast")
        phone, sensor = self.on(server, "unix"), self.on(server, "unix")
        phone.bring_up()
        address = sensor.bring_up()
        before = None
        for number in range(SOAK):
            if number == WARM:
                before = server.rss_kib()
            sensor.advertise()
            phone.connect(address)
            here, _ = phone.connected(), sensor.connected()
            phone.data(here, b"hello")
            self.assertEqual(sensor.received(), b"hello")
            phone.send(0x0406, here.to_bytes(2, "little") + b"\x13")
            phone.event(DISCONNECTION_COMPLETE)
            sensor.event(DISCONNECTION_COMPLETE)
        self.grew(server, before)
        self.ends_well(server)


if __name__ == "__main__":
    unittest.main()
