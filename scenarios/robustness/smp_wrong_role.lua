-- PDUs of the Security Manager that the other role sends: Command Not Supported, before a pairing and within it.
-- Core v5.4, Vol 3, Part H, 3.5 and 2.4.6; a peripheral that asks for a pairing as if it were the central.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local WRONG = {
  initiator = { "response", "security_request" },
  responder = { "request" },
}
local PLACES = {
  { "secure", "public_key" }, { "secure", "random" }, { "secure", "check" },
  { "secure", "identity_information" }, { "legacy", "confirm" }, { "legacy", "random" },
  { "legacy", "encryption_information" },
}

local function attack(role, values)
  local number = 0
  for _, wrong in ipairs(WRONG[role]) do
    for _, place in ipairs(PLACES) do
      number = number + 1
      local peer = smp.attack(tester, victim, role, number, { method = place[1] })
      peer:walk_to(place[2])
      peer:send(peer:pdu(wrong))
      peer:refused(values, smp.COMMAND_NOT_SUPPORTED, wrong .. " in place of " .. table.concat(place, " "))
    end
  end
  smp.honest_peer(tester, victim, role, values)
end

local function begin_wrongly(peer, values, wrong, what)
  peer:send(peer:pdu(wrong))
  peer:failed(smp.COMMAND_NOT_SUPPORTED, what)
  peer:send(peer:pdu "response")
  ll.goes_on(peer.link, values.open.handle, "W", "a Pairing Response to nothing")
  ll.leave(peer.link)
end

scenario("a peripheral does not take what centrals get", function()
  local values = ll.values(victim)
  local peer = smp.initiator((ll.connect(tester, victim)))
  begin_wrongly(peer, values, "security_request", "a Security Request from a central")
  attack("initiator", values)
end)

scenario("a central does not take what peripherals get", function()
  local values = ll.values(victim)
  local peer = smp.responder((ll.await(tester, victim)))
  begin_wrongly(peer, values, "request", "a Pairing Request from a peripheral")
  attack("responder", values)
end)
