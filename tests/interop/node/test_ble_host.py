#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ble-host, a host in JavaScript with GATT and pairings, on Unix sockets of `blueroom serve`.

usage: test_ble_host.py PROGRAM [UNITTEST-ARGUMENTS]

Needs node, and the packages in build/node; exit status 77 where they are not, and why.
"""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import node_case  # noqa: E402
from node_case import FOLDER, Case, Program  # noqa: E402

ROOM = """
serve {{ unix = "hci", name = "phone" }}
local sensor = device {{ name = "sensor", security = {{ secure_connections = {} }} }}
local rate = sensor:service(0x180D):characteristic {{
  uuid = 0x2A37, properties = "read, notify", value = "\\x00\\x48",
}}
scenario("a sensor that beats once", function()
  sensor:advertise {{ name = "Heart Rate", services = {{ 0x180D }}, interval = ms(100) }}
  sensor:wait_connected()
  rate:wait_subscribed()
  rate:notify("\\x00\\x50")
end)
"""


class BleHost(Case):
    def node(self, role):
        return self.keep(Program("node", FOLDER / "ble_host.js", role, self.top / "hci"))

    def seen_by_central(self, mtu, kind):
        lines, status = self.node("central").rest()
        self.assertEqual((sorted(lines), status), (sorted([
            "found Heart Rate", f"mtu {mtu}", "read 0 0048", "subscribed 0", "change 0050",
            f"encrypted 0 {kind} 16", "disconnected 22"]), 0))

    def test_central_of_a_sensor_of_ours(self):
        for allowed, kind, pdu in (("true", "sc", "Pairing DHKey Check"),
                                   ("false", "legacy", "Pairing Random")):
            (self.top / "room.lua").write_text(ROOM.format(allowed), encoding="utf-8")
            self.start("--clock", "20x", "--trace", "out", "--air", "room.lua")
            self.seen_by_central(247, kind)
            self.stop()
            self.said(self.dump("room", "phone.btsnoop"), r"SMP Pairing Request", pdu,
                      r"Encryption Change")

    def test_with_itself(self):
        self.start("--clock", "20x", "--unix", "hci", "--trace", "out", "--air")
        peripheral = self.node("peripheral")
        self.assertEqual(peripheral.line(), "advertising")
        self.seen_by_central(517, "sc")
        self.assertEqual(peripheral.rest(), (["disconnected 19"], 0))
        self.stop()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    Case.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    if reason := node_case.missing("ble-host"):
        print(f"SKIPPED: {reason}")
        sys.exit(77)
    unittest.main()
