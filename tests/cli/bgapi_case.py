# SPDX-License-Identifier: MIT
"""What the tests of `blueroom serve --bgapi` have in common: a room with a heart-rate sensor and a
lock, and clients on the dongle's port. sys.argv[1] is the program."""

import bgapi_client as bgapi
from bgapi_client import Dongle
from serve_case import Case

SENSOR, LOCK = bgapi.address_of("C0:00:00:00:18:0D"), bgapi.address_of("C0:00:00:00:10:CC")
SECRET = "0000aa11123456789abcdef012345678"
TEXT = "6e400003b5a3f393e0a9e50e24dcca9e"
ROOM = f"""
local sensor = device {{ name = "sensor", address = "C0:00:00:00:18:0D" }}
local lock = device {{ name = "lock", address = "C0:00:00:00:10:CC", pin = "1234" }}

local function stay(device, advertisement)
  device:script(function()
    while true do
      device:advertise(advertisement)
      device:wait_connected():wait_disconnected()
    end
  end)
end

scenario("a heart-rate sensor, and a lock with a passkey", function()
  local heart = sensor:service(0x180D)
  local rate = heart:characteristic {{ uuid = 0x2A37, properties = "notify" }}
  heart:characteristic {{ uuid = 0x2A38, properties = "read", value = "\\1" }}
  heart:characteristic {{ uuid = 0x2A39, properties = "write, write_without_response" }}
  local text = heart:characteristic {{ uuid = "{TEXT}",
    properties = "read, write, indicate", value = string.rep("0123456789", 5) }}
  lock:service(0x1802):characteristic {{ uuid = "{SECRET}",
    properties = "read, write", value = "locked", read_level = 3, write_level = 3 }}
  stay(sensor, {{ name = "Heart Rate", services = {{ 0x180D }}, interval = ms(50) }})
  stay(lock, {{ name = "Lock", interval = ms(50) }})
  local beats = 60
  while true do
    sleep(ms(200))
    beats = beats < 200 and beats + 1 or 60
    rate:notify(string.char(0, beats))
    if text:value() == "indicate" then
      text:set("done")
      sensor:script(function() text:indicate("an indication") end)
    end
  end
end)
"""


class BgapiCase(Case):
    def serve_dongle(self, *arguments, properties="", room=ROOM):
        (self.top / "room.lua").write_text(room, encoding="utf-8")
        server = self.serve("--bgapi", f"{self.top / 'dongle'}{properties}", *arguments,
                            "room.lua")
        self.assertEqual(list(server.ends), ["bgapi"])
        return server

    def open(self, flush=True, pump=None):
        dongle = Dongle(self.top / "dongle", flush, pump)
        self.addCleanup(self.close, dongle)
        return dongle

    def started(self, *arguments, **options):
        """A server, and a client that has gone through the end of start()."""
        server = self.serve_dongle(*arguments, **options)
        dongle = self.open()
        dongle.quieten()
        return server, dongle
