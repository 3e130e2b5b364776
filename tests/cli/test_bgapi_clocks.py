# SPDX-License-Identifier: MIT
"""blueroom serve --bgapi in the clocks that are not the wall's, in the room's file, and as a
peripheral.

usage: test_bgapi_clocks.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import hashlib
import os
import pathlib
import socket
import struct
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import bgapi_client as bgapi  # noqa: E402
from bgapi_case import SENSOR, TEXT, BgapiCase  # noqa: E402
from bgapi_client import data  # noqa: E402
from serve_case import PROGRAM  # noqa: E402

PHONE = """
serve { bgapi = "dongle", name = "stick", address = "00:07:80:00:00:01", bonds = "flash",
        boot_event = true }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01" }
scenario("a phone that connects to the dongle", function()
  local adv = phone:scan { name = "stick", timeout = s(60) }
  local conn = phone:connect(adv)
  log("found", adv.address, adv.name)
  conn:wait_disconnected()
end)
"""


class Fast(BgapiCase):
    def test_a_minute_s_work_at_once(self):
        """Requests, attempts and pairings take no time of the wall's."""
        _, dongle = self.started("--clock", "fast")
        begun = time.monotonic()
        for _ in range(20):
            dongle.connect(SENSOR)
            handles = dongle.attributes(0)
            self.assertEqual(dongle.result(bgapi.READ_LONG, "BH", 0, handles[TEXT]), 0)
            dongle.event(bgapi.COMPLETED)
            self.assertEqual(dongle.result(bgapi.ENCRYPT_START, "BB", 0, 0), 0)
            self.assertEqual(dongle.event(bgapi.STATUS)[1], 3)
            dongle.command(bgapi.DISCONNECT, "B", 0)
            dongle.event(bgapi.DISCONNECTED)
        self.assertLess(time.monotonic() - begun, 20)  # some 60 s of virtual time

    def test_discovery_runs_on(self):
        """As fast as the client reads, and nothing of it is lost: beacons count."""
        _, dongle = self.started("--clock", "fast", room="""
local beacon = device { name = "beacon", address = "C0:00:00:00:18:0D" }
scenario("a beacon that counts", function()
  for count = 1, 65535 do
    beacon:advertise { manufacturer = { company = 0xFFFF, data = string.pack("<I2", count) },
                       interval = ms(20) }
    sleep(ms(100))
  end
end)
""")
        dongle.command(bgapi.SET_SCAN_PARAMETERS, "HHB", 16, 16, 0)
        self.assertEqual(dongle.result(bgapi.DISCOVER, "B", 2), 0)
        time.sleep(1)  # and does not read
        counts = []
        while len(counts) < 2000:
            counts.append(int.from_bytes(dongle.event(bgapi.SCAN_RESPONSE)[-2:], "little"))
        self.assertEqual(sorted(set(counts)), list(range(counts[0], counts[-1] + 1)))
        self.assertEqual(dongle.result(bgapi.END_PROCEDURE), 0)

    def test_time_stands_when_nothing_is_owed(self):
        """What a peer notifies comes while time passes for something else."""
        _, dongle = self.started("--clock", "fast")
        dongle.connect(SENSOR)
        rate = dongle.attributes(0)["2a37"]
        self.assertEqual(dongle.write_value(0, rate + 1, b"\1\0"), 0)
        dongle.silent(0.2)
        dongle.packets.clear()
        self.assertTrue(dongle.silent(0.5))
        for _ in range(10):
            dongle.read_value(0, 1)
        self.assertTrue(any(packet[:3] == bgapi.VALUE for packet in dongle.packets) or
                        dongle.event(bgapi.VALUE))


class Lockstep(BgapiCase):
    def story(self, folder):
        server = self.serve_dongle("--clock", "lockstep", "--control", self.top / "c", "--trace",
                                   folder, "--air", "--seed", "3")
        control = socket.socket(socket.AF_UNIX)
        control.connect(str(self.top / "c"))
        answers = control.makefile("r", newline="\n")
        said = []

        def ask(request):
            control.sendall(request.encode() + b"\n")
            return answers.readline()

        dongle = self.open(pump=lambda: said.append(ask("step 50000000")))
        dongle.quieten()
        said.append(dongle.command(bgapi.ADDRESS_GET).hex())
        self.assertEqual(dongle.result(bgapi.DISCOVER, "B", 2), 0)
        for _ in range(10):
            said.append(dongle.event(bgapi.SCAN_RESPONSE).hex())
        dongle.result(bgapi.END_PROCEDURE)
        dongle.packets.clear()
        said.append(dongle.connect(SENSOR).hex())
        said.append(dongle.attributes(0))
        said.append(dongle.result(bgapi.ENCRYPT_START, "BB", 0, 1))
        said.append(dongle.event(bgapi.STATUS).hex())
        said.append(ask("advance 1234567890"))
        dongle.close()
        ask("advance 100000000")
        control.close()
        answers.close()
        self.ends_well(server)
        return said, {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                      for path in (self.top / folder / "room").iterdir()}

    def test_two_runs_are_the_same(self):
        first = self.story("one")
        self.assertEqual(set(first[1]), {"bgapi-1.btsnoop", "lock.btsnoop", "sensor.btsnoop",
                                         "air.pcap", "air-raw.pcap"})
        self.assertEqual(first, self.story("two"))


class Ends(BgapiCase):
    def test_in_the_room_s_file(self):
        """And as a peripheral: a phone finds the dongle by its name, and connects to it."""
        (self.top / "room.lua").write_text(PHONE, encoding="utf-8")
        server = self.serve("room.lua", "-v", "--trace", "t")
        self.assertEqual(server.ends, {"bgapi": ["dongle"]})
        dongle = self.open()
        dongle.send(bgapi.RESET, "B", 0)
        self.assertEqual(len(dongle.event(bgapi.BOOT)), 12)
        dongle.quieten()
        self.assertEqual(dongle.result(bgapi.SET_MODE, "BB", 2, 2), 0)
        status = dongle.event(bgapi.STATUS)
        self.assertEqual(status[:9], bytes([0, 5]) + bgapi.address_of("00:1B:DC:00:00:01") + b"\0")
        self.assertEqual(dongle.read_value(0, 3), b"phone")
        self.assertEqual(dongle.result(bgapi.DISCONNECT, "B", 0), 0)
        dongle.event(bgapi.DISCONNECTED)
        status, said = server.stop()
        self.assertEqual(status, 0)
        self.assertIn("found\t00:07:80:00:00:01\tstick", said)
        self.assertTrue((self.top / "t/room/stick.btsnoop").exists())

    def test_beside_others(self):
        """Two dongles that find each other, and a host of its own at another end."""
        server = self.serve("--bgapi", self.top / "a", "--bgapi",
                            f"{self.top / 'b'},address=00:07:80:00:00:02", "--unix",
                            self.top / "u")
        self.assertEqual(list(server.ends), ["bgapi", "unix"])
        first, second = bgapi.Dongle(self.top / "a"), bgapi.Dongle(self.top / "b")
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        self.on(server, "unix").bring_up()
        second.quieten()
        self.assertEqual(second.result(bgapi.SET_MODE, "BB", 2, 2), 0)
        first.connect(bgapi.address_of("00:07:80:00:00:02"), random=0)
        self.assertEqual(second.event(bgapi.STATUS)[:2], b"\0\5")
        self.assertEqual(first.read_value(0, 3), b"bgapi-2")
        self.assertEqual(second.read_value(0, 3), b"bgapi-1")
        self.assertEqual(first.result(bgapi.WRITE_COMMAND, "BH2s", 0, 3, data(b"x")), 0)

    def test_wrong_properties(self):
        for arguments, words in (
                (("--bgapi", ""), "--bgapi: where?"),
                (("--bgapi", "d,bonds="), "'bonds=': bonds is the path of a file"),
                (("--bgapi", "d,boot_event=maybe"), "boot_event is yes or no"),
                (("--pty", "d,bonds=x"), "bonds is for dongles, --bgapi"),
                (("--pty", "d", "--bgapi", "d"), "two ends at 'd'"),
                (("--bgapi", "d,bonds=/nowhere/at/all"), "/nowhere/at/all")):
            done = subprocess.run([PROGRAM, "serve", *arguments], cwd=self.top, timeout=30,
                                  text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(words, done.stderr)

    def test_two_dongles_on_one_flash(self):
        done = subprocess.run([PROGRAM, "serve", "--bgapi", "a,bonds=f", "--bgapi", "b,bonds=f"],
                              cwd=self.top, timeout=30, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("f: ", done.stderr)


class Flood(BgapiCase):
    def test_a_client_that_does_not_read(self):
        """Commands wait for their answers to be read; none is lost, and the server serves on."""
        server, dongle = self.started()
        ask, sent = bgapi.frame(bgapi.ADDRESS_GET), 0
        deadline = time.monotonic() + 10
        stuck = 0
        while stuck < 5 and time.monotonic() < deadline:
            try:
                sent += os.write(dongle.fd, ask * 16)
                stuck = 0
            except BlockingIOError:
                stuck += 1
                time.sleep(0.1)
        self.assertEqual(stuck, 5)
        heard = 0
        while dongle.read(1):
            heard += len(dongle.packets)
            dongle.packets.clear()
        self.assertEqual(heard, sent // 4)
        dongle.write(b"\xff" * 4)  # the rest of what was cut, and nothing more
        self.ends_well(server)


if __name__ == "__main__":
    unittest.main()
