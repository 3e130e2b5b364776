-- What a foreign host meets: a heart-rate sensor at two metres, a lock with a PIN, and an old lock that knows legacy pairing alone.
-- Bluetooth SIG Heart Rate Service 1.0; Core v5.4, Vol 3, Part H, 2.3.5.6.3 (Passkey Entry), 2.4.4.2 (encryption with the LTK).
-- SPDX-License-Identifier: MIT
local sensor = device { name = "sensor", address = "C0:00:00:00:18:0D", position = { x = 2 } }
local lock = device { name = "lock", address = "00:1B:DC:00:00:10", pin = "123456" }
local old_lock = device {
  name = "old-lock", address = "00:1B:DC:00:00:11", pin = "1234", security = { secure_connections = false },
}

-- Advertises whenever nobody is connected.
local function always_there(device, name, service)
  device:script(function()
    while true do
      device:advertise { name = name, services = { service }, interval = ms(100) }
      device:wait_connected():wait_disconnected()
    end
  end)
end

local function make_lock(device, name)
  device:service(0x1815):characteristic { uuid = 0x2A56, properties = "read", value = "locked", read_level = 3 }
  always_there(device, name, 0x1815)
end

scenario("a heart-rate sensor and two locks", function()
  local rate = sensor:service(0x180D):characteristic { uuid = 0x2A37, properties = "notify" }
  sensor:service(0x180F):characteristic { uuid = 0x2A19, properties = "read", value = "\x57" }
  always_there(sensor, "Heart Rate", 0x180D)
  make_lock(lock, "Lock")
  make_lock(old_lock, "Old Lock")
  sensor:script(function()
    for beat = 60, 255 do
      rate:notify(string.pack("I1I1", 0, beat))
      sleep(s(1))
    end
  end)
end)
