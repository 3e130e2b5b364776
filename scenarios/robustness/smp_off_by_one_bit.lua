-- A confirm value, a nonce or a DHKey check that is wrong in one bit: refused with the reason of each, and no bond.
-- Core v5.4, Vol 3, Part H, 2.3.5.5, 2.3.5.6 and 3.5.5; checks that real stacks compared in part, or not at all.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

-- The bit of the PDU's value that is wrong: the first, one in the middle, the last.
local BITS = { 0, 67, 127 }

local CASES = {
  initiator = {
    { "secure", "check", smp.DHKEY_CHECK_FAILED },
    { "legacy", "random", smp.CONFIRM_VALUE_FAILED },
    { "legacy", "confirm", smp.CONFIRM_VALUE_FAILED, "random" },
  },
  responder = {
    { "secure", "random", smp.CONFIRM_VALUE_FAILED },
    { "secure", "confirm", smp.CONFIRM_VALUE_FAILED, "random" },
    { "secure", "check", smp.DHKEY_CHECK_FAILED },
    { "legacy", "random", smp.CONFIRM_VALUE_FAILED },
    { "legacy", "confirm", smp.CONFIRM_VALUE_FAILED, "random" },
  },
}

local function flip(pdu, bit)
  local at = bit // 8 + 2
  return pdu:sub(1, at - 1) .. string.char(pdu:byte(at) ~ 1 << bit % 8) .. pdu:sub(at + 1)
end

local function attack(role)
  local values = ll.values(victim)
  local number = 0
  for _, case in ipairs(CASES[role]) do
    local method, name, reason, shows = table.unpack(case)
    for _, bit in ipairs(BITS) do
      number = number + 1
      local peer = smp.attack(tester, victim, role, number, { method = method })
      peer:walk(name)
      peer:send(flip(peer:pdu(name), bit))
      -- What was committed to shows with the nonce.
      if shows then
        peer.at = peer.at + 1
        peer:walk(shows)
        peer:send(peer:pdu(shows))
      end
      peer:refused(values, reason, string.format("bit %d of %s %s", bit, method, name))
    end
  end
  smp.honest_peer(tester, victim, role, values)
end

scenario("a peripheral sees it", function() attack("initiator") end)

scenario("a central sees it", function() attack("responder") end)

-- The initiator of Just Works commits itself to nothing: another nonce shows in the DHKey check.
scenario("a nonce that the check does not know", function()
  local values = ll.values(victim)
  local peer = smp.attack(tester, victim, "initiator", 1)
  peer:walk("random")
  peer:send(flip(peer:pdu "random", 5))
  peer.at = peer.at + 1
  peer:take_answers()
  peer:send(peer:pdu "check")
  peer:refused(values, smp.DHKEY_CHECK_FAILED, "another nonce")
end)
