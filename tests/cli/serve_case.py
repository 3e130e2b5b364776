# SPDX-License-Identifier: MIT
"""What the tests of `blueroom serve` have in common: sys.argv[1] is the program."""

import os
import pathlib
import signal
import sys
import tempfile
import unittest

from h4_client import Host, Server

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
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
