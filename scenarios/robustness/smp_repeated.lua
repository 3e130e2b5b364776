-- Every PDU of the Security Manager twice: the first is answered, the second ends the pairing (Unspecified Reason).
-- Core v5.4, Vol 3, Part H, 3.5.5; a repeated PDU that real stacks computed with twice, or took for the next one.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

-- What a central answers with encryption.
local LAST = { secure = "check", legacy = "random" }

-- Twice at once: the device answers the first, as far as it would.
local function twice(peer, name)
  local pdu = peer:pdu(name)
  peer:send(pdu)
  peer:send(pdu)
  peer:note(name, pdu)
  peer.at = peer.at + 1
  peer:take_answers()
end

local function attack(role, first)
  local values = ll.values(victim)
  local peer = smp.attack(tester, victim, role, 0x100)
  twice(peer, first)
  peer:refused(values, smp.UNSPECIFIED_REASON, first)
  for number, pdu in ipairs(smp.PDUS) do
    if pdu.name ~= "signing_information" then
      peer = smp.attack(tester, victim, role, number, { method = pdu.method })
      twice(peer:walk_to(pdu.name), pdu.name)
      if role == "responder" and LAST[pdu.method] == pdu.name then
        peer:refuse_encryption()
      end
      peer:refused(values, smp.UNSPECIFIED_REASON, pdu.method .. " " .. pdu.name)
    end
  end
  smp.honest_peer(tester, victim, role, values)
end

scenario("a peripheral ends the pairing", function()
  attack("initiator", "request")
end)

scenario("a central ends the pairing", function()
  attack("responder", "response")
end)

-- Behind the last PDU no pairing runs any more that could fail.
scenario("the last PDU twice changes nothing", function()
  local values = ll.values(victim)
  for _, role in ipairs(smp.ROLES) do
    local peer = smp.attack(tester, victim, role, 1):pair()
    expect((peer.outcome:join(s(1)))):named(role):is_true()
    peer:send(peer:pdu "signing_information")
    ll.goes_on(peer.link, values.secret.handle, "secret", role)
    expect(#victim:bonds()):named(role .. ": bonds"):equals(1)
    ll.leave(peer.link)
    victim:forget()
  end
end)
