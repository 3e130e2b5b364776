-- PDUs of the Security Manager that come too early or too late: Unspecified Reason, and no bond.
-- Core v5.4, Vol 3, Part H, 2.3.5.6 and 3.5.5; steps that real stacks let a peer skip.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

-- What a right peer would send now, and what comes instead of it.
local CASES = {
  { "secure", "public_key", "random" },
  { "secure", "public_key", "confirm" },
  { "secure", "random", "check" },
  { "secure", "random", "public_key" },
  { "secure", "random", "keypress" },
  { "secure", "check", "identity_information" },
  { "secure", "identity_information", "identity_address" },
  { "secure", "identity_address", "signing_information" },
  { "legacy", "confirm", "random" },
  { "legacy", "confirm", "public_key" },
  { "legacy", "random", "encryption_information" },
  { "legacy", "encryption_information", "central_identification" },
  { "legacy", "central_identification", "identity_information" },
}

-- What it contains does not matter: nothing may be made of it.
local function pdu(name)
  return string.char(smp.CODES[name]) .. string.rep("\x01", smp.LENGTHS[name] - 1)
end

local function attack(role)
  local values = ll.values(victim)
  for number, case in ipairs(CASES) do
    local method, place, instead = table.unpack(case)
    local peer = smp.attack(tester, victim, role, number, { method = method })
    peer:walk_to(place)
    peer:send(pdu(instead))
    peer:refused(values, smp.UNSPECIFIED_REASON, method .. " " .. instead .. " in place of " .. place)
  end
  smp.honest_peer(tester, victim, role, values)
end

scenario("a peripheral does not let a step be skipped", function() attack("initiator") end)

scenario("a central does not let a step be skipped", function() attack("responder") end)

-- Everything before is right, and the link is not encrypted yet.
scenario("keys in clear", function()
  local values = ll.values(victim)
  local number = 0
  for _, role in ipairs(smp.ROLES) do
    for method, first in pairs { secure = "identity_information", legacy = "encryption_information" } do
      number = number + 1
      local peer = smp.attack(tester, victim, role, number, { method = method }):exchange()
      peer:send(peer:pdu(first))
      if role == "responder" then
        peer:refuse_encryption()
      end
      peer:refused(values, smp.UNSPECIFIED_REASON, role .. " " .. method)
    end
  end
end)
