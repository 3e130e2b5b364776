-- Every PDU of the Security Manager with one octet more, or many: Invalid Parameters, and no bond.
-- Core v5.4, Vol 3, Part H, 3.3 and Table 3.7; stacks that copied more than they had room for.
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local MTU = 65   -- of the channel, for LE Secure Connections (Part H, 3.2)

local function longer(pdu)
  return pdu .. "\x00"
end

scenario("a peripheral refuses them", function()
  attacks.refuses_changed(tester, victim, "initiator", ll.values(victim), longer)
end)

scenario("a central refuses them", function()
  attacks.refuses_changed(tester, victim, "responder", ll.values(victim), longer)
end)

-- Before a pairing runs: nothing has begun that could fail.
scenario("requests that are none", function()
  local values = ll.values(victim)
  local link = ll.connect(tester, victim)
  local peer = smp.initiator(link)
  peer:send(longer(peer:pdu "request"))
  peer:failed(smp.INVALID_PARAMETERS, "a Pairing Request")
  peer:send(peer:pdu "request" .. string.rep("\xff", MTU - 7))
  peer:failed(smp.INVALID_PARAMETERS, "a Pairing Request that fills the MTU")
  peer:send(peer:pdu "request" .. string.rep("\xff", MTU + 1 - 7))
  ll.quiet(link, "one over the MTU, which L2CAP drops")
  peer:send(peer:pdu "request" .. string.rep("\xff", 240))
  ll.quiet(link, "one far over the MTU, which L2CAP drops")
  ll.goes_on(link, values.open.handle, "W", "after that")
  smp.initiator(link):pair()
  ll.leave(link)
  link = ll.await(tester, victim)
  peer = smp.responder(link)
  peer:send(longer(peer:pdu "security_request"))
  peer:failed(smp.INVALID_PARAMETERS, "a Security Request")
  ll.goes_on(link, values.open.handle, "W", "after that")
  ll.leave(link)
end)
