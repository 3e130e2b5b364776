-- Passkey entry with a wrong bit, repeated rounds, or the device's own values sent back: refused in that round.
-- Core v5.4, Vol 3, Part H, 2.3.5.5 and 2.3.5.6.3; reflection in passkey entry (CVE-2020-26558).
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local PASSKEY = 123457

-- Shows the passkey, whoever it talks to; the tester enters it.
local victim = device {
  name = "victim", security = { io = "display_only", mitm = true, passkey = PASSKEY },
}
local tester = raw { name = "tester" }

local function attack(role, number, method, passkey)
  local options = { method = method, passkey = passkey, wrong = true, io = 2 }
  return smp.attack(tester, victim, role, number, options)
end

local WRONG_BITS = {
  { role = "initiator", bit = 0 }, { role = "responder", bit = 0 },
  { role = "initiator", bit = 7 }, { role = "responder", bit = 19 },
}

-- Each round of Secure Connections is about one bit, from the lowest on.
scenario("a passkey that is wrong in one bit", function()
  local values = ll.values(victim)
  for number, case in ipairs(WRONG_BITS) do
    local peer = attack(case.role, number, "passkey", PASSKEY ~ 1 << case.bit)
    peer:walk("random", case.bit + 1)
    peer:send(peer:pdu "random")
    peer:refused(values, smp.CONFIRM_VALUE_FAILED, case.role .. ", bit " .. case.bit)
  end
  smp.honest_peer(tester, victim, "initiator", values, { method = "passkey", passkey = PASSKEY, io = 2 })
end)

scenario("a wrong passkey in legacy pairing", function()
  local values = ll.values(victim)
  for number, role in ipairs(smp.ROLES) do
    local peer = attack(role, number, "legacy", PASSKEY + 1)
    peer:walk("random")
    peer:send(peer:pdu "random")
    peer:refused(values, smp.CONFIRM_VALUE_FAILED, role)
  end
  smp.honest_peer(tester, victim, "responder", values, { method = "legacy", passkey = PASSKEY, io = 2 })
end)

-- A responder that knows nothing says what the initiator has said.
scenario("confirm values and nonces, reflected", function()
  local values = ll.values(victim)
  local peer = attack("responder", 1, "passkey", 0)
  peer:walk("confirm")
  peer:send("\x03" .. peer.theirs.confirm:reverse())
  peer.at = peer.at + 1
  peer:take_answers()
  peer:send("\x04" .. peer.theirs.random:reverse())
  peer:refused(values, smp.CONFIRM_VALUE_FAILED, "Secure Connections")
  -- There the confirm value says it already.
  peer = attack("responder", 2, "legacy", 0)
  peer:walk("confirm")
  peer:send("\x03" .. peer.theirs.confirm:reverse())
  peer:refused(values, smp.CONFIRM_VALUE_FAILED, "legacy")
end)

-- A round's values in the next round: each is about its own bit and with a nonce of its own.
scenario("a round that is said twice", function()
  local values = ll.values(victim)
  for number, role in ipairs(smp.ROLES) do
    local peer = attack(role, number, "passkey", PASSKEY)
    peer:walk("confirm", 2)
    peer.round = 1
    local first = peer:pdu "confirm"
    peer.round = 2
    peer:send(first)
    peer.at = peer.at + 1
    peer:walk("random")
    peer:send(peer:pdu "random")
    -- Bits 0 and 1 of the passkey differ.
    peer:refused(values, smp.CONFIRM_VALUE_FAILED, role)
  end
end)
