# SPDX-License-Identifier: MIT
"""blueroom serve --clock fast with devices of ours: what they are asked and answer takes its time.

usage: test_serve_fast.py PROGRAM [UNITTEST-ARGUMENTS]
"""

import pathlib
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from h4_client import DISCONNECTION_COMPLETE, Host, Server  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
ADDRESS = bytes.fromhex("0d1800dc1b00")
READ_MEASUREMENT = bytes.fromhex("080100ffff372a")  # ATT Read By Type
ROOM = """
local sensor = device { name = "sensor", address = "00:1B:DC:00:18:0D", position = { x = 2 } }
scenario("a sensor", function()
  sensor:service(0x180D):characteristic { uuid = 0x2A37, properties = "read", value = "\\x00\\x48" }
  while true do
    sensor:advertise { name = "Heart Rate", interval = ms(100) }
    sensor:wait_connected():wait_disconnected()
    log("gone")
  end
end)
"""


class Fast(unittest.TestCase):
    @staticmethod
    def virtual_time(host):
        return int.from_bytes(host.command(0xFF81), "little")

    def test_a_peer_of_ours(self):
        with tempfile.TemporaryDirectory() as top:
            folder = pathlib.Path(top)
            (folder / "room.lua").write_text(ROOM, encoding="utf-8")
            server = Server(PROGRAM, "--unix", folder / "u", "--clock", "fast", "-v",
                            folder / "room.lua")
            self.addCleanup(server.kill)
            phone = Host(server.unix())
            phone.bring_up()
            started = time.monotonic()
            for _ in range(5):
                phone.connect(ADDRESS)
                handle = phone.connected()
                for _ in range(5):
                    phone.data(handle, READ_MEASUREMENT)
                    self.assertEqual(phone.received()[-2:], b"\x00\x48")
                before = self.virtual_time(phone)
                time.sleep(0.1)
                self.assertLess(self.virtual_time(phone) - before, 1_000_000)  # it stands
                phone.send(0x0406, handle.to_bytes(2, "little") + b"\x13")
                phone.event(DISCONNECTION_COMPLETE)
            self.assertLess(time.monotonic() - started, 10)
            phone.close()
            status, log = server.stop()
            self.assertEqual(status, 0)
            # The instant in which the last one was told of the end has ended for the sensor too.
            self.assertEqual(log.count("gone"), 5)

    def test_a_busy_client_leaves_others_their_turn(self):
        """Whoever has just been answered is looked at first, but not alone; then he goes."""
        with tempfile.TemporaryDirectory() as top:
            server = Server(PROGRAM, "--unix", pathlib.Path(top) / "u", "--clock", "fast")
            self.addCleanup(server.kill)
            busy, other = Host(server.unix()), Host(server.unix())
            busy.bring_up()
            other.bring_up()
            enough = threading.Event()

            def chatter():
                while not enough.is_set():
                    busy.write(bytes.fromhex("01091000") * 2000)
                    busy.packets.clear()
                busy.close()

            thread = threading.Thread(target=chatter)
            thread.start()
            try:
                for _ in range(200):
                    asked = time.monotonic()
                    other.command(0x1009)
                    self.assertLess(time.monotonic() - asked, 5)
            finally:
                enough.set()
                thread.join()
            other.command(0x1009)
            newcomer = Host(server.unix())
            newcomer.bring_up()
            self.assertEqual(server.stop(), (0, ""))


if __name__ == "__main__":
    unittest.main()
