-- A phone with a private address uses what a foreign host serves: reads, writes, is notified, pairs by comparing, comes back.
-- Core v5.4, Vol 3, Part G, 4; Vol 3, Part H, 2.3.5.6.2 (Numeric Comparison); Vol 6, Part B, 1.3.2.2 (resolvable private addresses).
-- SPDX-License-Identifier: MIT
local phone = device {
  name = "phone", address = "00:1B:DC:00:00:20", position = { x = 3 },
  security = { io = "display_yes_no", mitm = true },
}

local SERVICE = "0000aa10-1234-5678-9abc-def012345678"
local STATE = "0000aa11-1234-5678-9abc-def012345678"
local SECRET = "0000aa12-1234-5678-9abc-def012345678"

local function connect()
  local adv = phone:scan { service = SERVICE, timeout = s(60) }
  return phone:connect(adv, { interval = ms(30) })
end

scenario("a phone uses what Linux serves", function()
  phone:privacy(true)
  phone:agent { compare = function() return true end }
  local conn = connect()
  local state = conn:characteristic(SERVICE, STATE)
  expect(state:read()):equals("\x01\x02")
  local changes = state:subscribe()
  state:write("\x05\x06")
  expect(changes:next(s(5))):equals("\x05\x06")
  expect(state:read()):equals("\x05\x06")
  local secret = conn:characteristic(SERVICE, SECRET)
  expect_error(function() secret:read() end, "Insufficient Authentication")
  log("used")

  local pairing = conn:pair()
  expect(pairing.method):equals("numeric_comparison")
  expect(pairing.level):equals(4)
  expect(secret:read()):equals("\x2A")
  sleep(s(1))
  log("paired")
  conn:disconnect()
  sleep(s(2))

  local again = connect()
  expect(again:secure(4)):equals(4)
  expect(again:characteristic(SERVICE, SECRET):read()):equals("\x2A")
  -- The kernel wants no more than 50 ms, and says so by the link layer (Vol 6, Part B, 5.1.7).
  expect_error(function() again:update { interval = ms(100) } end, "Invalid LMP Parameters")
  again:update { interval = ms(45) }
  expect(again.interval):equals(ms(45))
  expect(again:characteristic(SERVICE, STATE):read()):equals("\x05\x06")
  log("back")
  again:disconnect()
end)
