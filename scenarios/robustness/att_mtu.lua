-- Exchange MTU Requests that are cut, too long, or ask for less than the least: refused, and the MTU stays 23.
-- Core v5.4, Vol 3, Part F, 3.4.2; truncated and oversized MTU requests that led real stacks astray.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local INVALID_PDU = "\x01\x02\x00\x00\x04"
local LONG = string.rep("0123456789", 6)

local function ask(link, pdu)
  link:l2cap(ll.ATT, pdu)
  return link:next_l2cap(ll.ATT, s(1))
end

-- As much as a Read Response may hold.
local function mtu_is(link, open, mtu, what)
  ll.goes_on(link, open.handle, LONG:sub(1, mtu - 1), what)
end

local function attack(link, open)
  for octets = 0, 1 do
    local what = "with " .. octets .. " octets of a number"
    expect(ask(link, "\x02" .. string.rep("\xff", octets))):named(what):equals(INVALID_PDU)
    mtu_is(link, open, 23, what)
  end
  for _, octets in ipairs { 3, 4, 22, 23, 60 } do
    local what = "with " .. octets .. " octets of a number"
    expect(ask(link, "\x02" .. string.rep("\x40", octets))):named(what):equals(INVALID_PDU)
    mtu_is(link, open, 23, what)
  end
  for _, mtu in ipairs { 0, 1, 3, 22 } do
    local what = "an MTU of " .. mtu
    expect(ask(link, "\x02" .. string.pack("<I2", mtu))):named(what):equals(INVALID_PDU)
    mtu_is(link, open, 23, what)
  end
  -- The right one, and no other after it (3.4.2.1).
  expect(ask(link, "\x02\x30\x00")):equals("\x03\xf7\x00")
  mtu_is(link, open, 0x30, "an MTU of 48")
  expect(ask(link, "\x02\x40\x00")):equals("\x03\xf7\x00")
  mtu_is(link, open, 0x30, "another MTU")
  ll.leave(link)
  open:set("W")
end

scenario("a peripheral refuses them", function()
  local open = ll.open_value(victim, LONG)
  attack(ll.connect(tester, victim), open)
  smp.honest_peer(tester, victim, "initiator", { open = open })
end)

scenario("a central refuses them", function()
  local open = ll.open_value(victim, LONG)
  attack(ll.await(tester, victim), open)
  smp.honest_peer(tester, victim, "responder", { open = open })
end)
