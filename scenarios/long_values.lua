-- A phone sets up a device: values longer than a packet are written whole, several at once or none.
-- Core v5.4, Vol 3, Part G, 4.9.4 and 4.9.5; Part F, 3.4.6.
-- SPDX-License-Identifier: MIT
local gadget = device { name = "gadget", name_writable = true,
                        preferred = { interval = ms(30), interval_max = ms(50), supervision_timeout = s(4) } }
local phone  = device { name = "phone" }

local inner = gadget:service(0xFF10, { primary = false })
inner:characteristic { uuid = 0xFF11, properties = "read", value = "inner" }
local setup = gadget:service(0xFF00)
setup:include(inner)
local wifi   = setup:characteristic { uuid = 0xFF01, properties = "read, write" }
local secret = setup:characteristic { uuid = 0xFF02, properties = "write", max_length = 64,
                                      on_write = function(value) return #value >= 8 or 0x80 end }

scenario("values longer than a packet", function()
  gadget:advertise { name = "gadget" }
  local conn = phone:connect(gadget)
  expect(conn:read(0x0007)):equals(string.pack("<I2I2I2I2", 24, 40, 0, 400))
  conn:write_long(0x0003, "The gadget in the kitchen, second shelf")
  expect(conn:read_long(0x0003)):equals("The gadget in the kitchen, second shelf")

  local ssid = conn:characteristic(0xFF00, 0xFF01)
  local key  = conn:characteristic(0xFF00, 0xFF02)
  local text = string.rep("0123456789", 20)
  ssid:write_long(text)
  expect(wifi:next_write()):equals(text)
  expect(ssid:read_long()):equals(text)

  expect_error(function() conn:write_reliable { { ssid, "home" }, { key, "short" } } end, 0x80)
  expect(ssid:read_long()):equals(text)
  conn:write_reliable { { ssid, "home" }, { key, "long enough a key" } }
  expect(ssid:read()):equals("home")
  expect(secret:next_write()):equals("long enough a key")
  expect_error(function() key:write_long(string.rep("x", 65)) end, "Invalid Attribute Value Length")

  local included = conn:service(0xFF00):includes()
  expect(#included):equals(1)
  expect(included[1].uuid):equals(0xFF10)
  expect(included[1]:characteristic(0xFF11):read()):equals("inner")
end)
