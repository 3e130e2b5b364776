-- Every PDU of the Security Manager without its last octet: Invalid Parameters, and no bond.
-- Core v5.4, Vol 3, Part H, 3.3 and Table 3.7; stacks that read what was not there.
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local function cut(pdu)
  return pdu:sub(1, -2)
end

scenario("a peripheral refuses them", function()
  attacks.refuses_changed(tester, victim, "initiator", ll.values(victim), cut)
end)

scenario("a central refuses them", function()
  attacks.refuses_changed(tester, victim, "responder", ll.values(victim), cut)
end)

-- Before a pairing runs: nothing has begun that could fail.
scenario("requests that are none", function()
  local values = ll.values(victim)
  local link = ll.connect(tester, victim)
  local peer = smp.initiator(link)
  peer:send(cut(peer:pdu "request"))
  peer:failed(smp.INVALID_PARAMETERS, "a Pairing Request")
  peer:send("\x01")
  peer:failed(smp.INVALID_PARAMETERS, "the code of a Pairing Request alone")
  peer:send("")
  ll.goes_on(link, values.open.handle, "W", "after that")
  smp.initiator(link):pair()
  ll.leave(link)
  link = ll.await(tester, victim)
  peer = smp.responder(link)
  peer:send(cut(peer:pdu "security_request"))
  peer:failed(smp.INVALID_PARAMETERS, "a Security Request")
  peer:send("")
  ll.goes_on(link, values.open.handle, "W", "after that")
  ll.leave(link)
end)
