-- A board with a PIN: who knows it reads, who does not is refused, and another PIN forgets everybody.
-- The Bluetooth class of MicroPython boards: init(pin), set_pin().
-- SPDX-License-Identifier: MIT
local lopy  = device { name = "lopy",  address = "24:0A:C4:00:00:02" }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01" }

local AUTHENTICATED = 3

local function serve(pin)
  local bt = Bluetooth(lopy, { pin = pin, privacy = false })
  bt:service(0xAA00):characteristic { uuid = 0xAA01, value = "secret" }
  bt:set_advertisement { name = "LoPy" }
  bt:advertise(true)
  return bt
end

-- A phone with a keyboard, whose user believes this to be the PIN.
local function try(pin)
  phone:security { io = "keyboard_only", mitm = true }
  phone:agent { enter = function() return pin end }
  local conn = phone:connect(lopy)
  local ok, pairing = pcall(conn.wait_pairing, conn, s(5))
  return conn, ok, pairing
end

scenario("who knows the PIN reads", function()
  serve(1234)
  local conn, ok, pairing = try(1234)
  expect(ok):is_true()
  expect(pairing.method):equals("passkey_entry")
  expect(pairing.authenticated):is_true()
  expect(conn.security):at_least(AUTHENTICATED)
  expect(conn:characteristic(0xAA00, 0xAA01):read()):equals("secret")
end)

scenario("who does not know it is refused", function()
  serve("1234")
  local conn, ok, problem = try(4321)
  expect(ok):is_false()
  expect(problem.layer):equals("smp")
  expect_error(function() conn:characteristic(0xAA00, 0xAA01):read() end, "Insufficient Authentication")
end)

scenario("another PIN forgets everybody", function()
  local bt = serve(1234)
  local conn = try(1234)
  sleep(s(1))
  expect(lopy:bonds()):has_length(1)
  bt:set_pin("98765")   -- 098765
  conn:wait_disconnected(s(1))
  sleep(s(1))
  expect(lopy:bonds()):has_length(0)
  expect(lopy.advertising):is_false()
  bt:advertise(true)
  phone:forget()
  local _, refused = try(1234)
  expect(refused):is_false()
  bt:disconnect_client()
  sleep(s(1))
  local _, ok = try(98765)
  expect(ok):is_true()
end)
