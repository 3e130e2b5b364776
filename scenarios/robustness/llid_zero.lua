-- A data PDU with the reserved LLID 0 is a packet like any other, but says nothing: it is acknowledged and dropped.
-- Core v5.4, Vol 6, Part B, 2.4; the LLID deadlock of SweynTooth (CVE-2019-17060, CVE-2019-17061).
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local PAYLOADS = {
  { name = "nothing",               payload = "" },
  { name = "an octet",              payload = "\x02" },
  { name = "what could be control", payload = "\x02\x13" },
  { name = "what could be ATT",     payload = "\x03\x00\x04\x00\x0a\x03\x00" },
  { name = "all that fits",         payload = string.rep("\xff", 27) },
}

-- Again and again, between fragments, and within a frame that goes on after it.
local function attack(link, open)
  for _, case in ipairs(PAYLOADS) do
    link:send(0, case.payload)
    link:flush(s(1))
    ll.goes_on(link, open.handle, "W", case.name)
  end
  link:send(2, "\x03\x00\x04\x00")
  link:send(0, "\xff\xff")
  link:send(1, ll.read_req(open.handle))
  expect(link:next_l2cap(ll.ATT, s(1))):named("a frame with LLID 0 inside"):equals("\x0bW")
  ll.quiet(link, "a frame with LLID 0 inside")
end

scenario("a peripheral drops what has LLID 0", function()
  attacks.survives(tester, victim, "initiator", attack)
end)

scenario("a central drops what has LLID 0", function()
  attacks.survives(tester, victim, "responder", attack)
end)
