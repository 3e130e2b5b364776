-- A device gains a service and loses one while a phone is connected, and the phone is told.
-- Core v5.4, Vol 3, Part G, 2.5.2 and 7.1 to 7.3.
-- SPDX-License-Identifier: MIT
local hub   = device { name = "hub" }
local phone = device { name = "phone" }

local lamp = hub:service(0xFF00)
local level = lamp:characteristic { uuid = 0xFF01, properties = "read, notify", value = "\x07" }

scenario("a service comes and goes", function()
  hub:advertise { name = "hub" }
  local conn = phone:connect(hub)
  conn:set_client_features { robust_caching = true }
  local hash = conn:read_by_uuid(0x2B2A)
  local value = conn:characteristic(0xFF00, 0xFF01)
  expect(value:read()):equals("\x07")

  -- Nobody told it: the phone finds out by an error, once.
  local door = hub:service(0xFF20)
  door:characteristic { uuid = 0xFF21, properties = "read", value = "open" }
  door:publish()
  expect_error(function() value:read() end, "Database Out Of Sync")
  expect(value:read()):equals("\x07")
  expect(conn:read_by_uuid(0x2B2A) == hash):equals(false)

  -- Told by Service Changed, it looks for itself.
  local changed = conn:characteristic(0x1801, 0x2A05):subscribe()
  door:remove()
  local first, last = string.unpack("<I2I2", (changed:next()))
  expect(first < last):equals(true)
  expect(conn:read_by_uuid(0x2B2A)):equals(hash)
  conn:forget_services()
  expect(#conn:services()):equals(3)
  expect(level:value()):equals("\x07")
end)
