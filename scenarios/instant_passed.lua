-- What is to happen in an event that is over already cannot happen: the connection ends.
-- Core v5.4, Vol 6, Part B, 5.5 (instants) and 5.1.2 (channel map update).
-- SPDX-License-Identifier: MIT
local central    = device { name = "central",    address = "00:1B:DC:00:00:01" }
local peripheral = device { name = "peripheral", address = "00:1B:DC:00:00:02" }

local CONNECTION_TIMEOUT = 0x08
local INSTANT_PASSED     = 0x28
local EVENT              = ms(30)

local function connect()
  peripheral:advertise { interval = ms(20) }
  local conn = central:connect(peripheral, { interval = EVENT, supervision_timeout = ms(500) })
  local link = peripheral:wait_connected(s(1))
  sleep(ms(75))
  return conn, link
end

local all_but_one = {}
for channel = 0, 35 do
  all_but_one[channel + 1] = channel
end

scenario("a channel map heard after its instant ends the connection", function()
  local conn, link = connect()
  lose { from = central, to = peripheral, kind = "data", before = now() + 8 * EVENT }
  central:use_channels(all_but_one)
  expect(link:wait_disconnected(s(1))):equals(INSTANT_PASSED)
  expect(conn:wait_disconnected(s(1))):equals(CONNECTION_TIMEOUT)
end)

scenario("one heard just before its instant is followed", function()
  local conn, link = connect()
  lose { from = central, to = peripheral, kind = "data", before = now() + 5 * EVENT }
  central:use_channels(all_but_one)
  sleep(s(1))
  expect(conn:channels()):equals(all_but_one)
  expect(link:channels()):equals(all_but_one)
end)
