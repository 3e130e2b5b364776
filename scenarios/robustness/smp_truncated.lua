-- Every PDU of the Security Manager without its last octet: Invalid Parameters, and no bond.
-- Core v5.4, Vol 3, Part H, 3.3 and Table 3.7; stacks that read what was not there.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local function cut(pdu)
  return pdu:sub(1, -2)
end

local function attack(role, values)
  for number, pdu in ipairs(smp.PDUS) do
    local peer = smp.attack(tester, victim, role, number, { method = pdu.method })
    peer:walk_to(pdu.name)
    peer:send(cut(peer:pdu(pdu.name)))
    peer:refused(values, smp.INVALID_PARAMETERS, pdu.method .. " " .. pdu.name)
  end
  smp.honest_peer(tester, victim, role, values)
end

scenario("a peripheral refuses them", function()
  attack("initiator", ll.values(victim))
end)

scenario("a central refuses them", function()
  local values = ll.values(victim)
  local peer = smp.attack(tester, victim, "responder", 0x100)
  peer:send(cut(peer:pdu "response"))
  peer:refused(values, smp.INVALID_PARAMETERS, "response")
  attack("responder", values)
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
