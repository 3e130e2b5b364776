-- PDUs of the encryption procedures that nobody waits for, and encryption without a key: the link stays as it is.
-- Core v5.4, Vol 6, Part B, 2.4.2 and 5.1.3; LL_START_ENC_REQ and LL_ENC_REQ that took real chips by surprise.
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local NOTHING = "nothing"
local UNKNOWN = "LL_UNKNOWN_RSP"

local TO_PERIPHERAL = {
  { opcode = "LL_START_ENC_REQ", answer = UNKNOWN },
  { opcode = "LL_ENC_RSP",       answer = UNKNOWN, data = ll.SKD_P .. ll.IV_P },
  { opcode = "LL_START_ENC_RSP", answer = NOTHING },
  { opcode = "LL_PAUSE_ENC_REQ", answer = UNKNOWN },
  { opcode = "LL_PAUSE_ENC_RSP", answer = NOTHING },
}
local TO_CENTRAL = {
  { opcode = "LL_ENC_REQ",       answer = UNKNOWN, data = ll.enc_req() },
  { opcode = "LL_ENC_RSP",       answer = NOTHING, data = ll.SKD_P .. ll.IV_P },
  { opcode = "LL_START_ENC_REQ", answer = NOTHING },
  { opcode = "LL_START_ENC_RSP", answer = NOTHING },
  { opcode = "LL_PAUSE_ENC_REQ", answer = UNKNOWN },
  { opcode = "LL_PAUSE_ENC_RSP", answer = NOTHING },
}

local function attack(link, open, cases)
  for _, case in ipairs(cases) do
    link:control(case.opcode, case.data)
    if case.answer ~= NOTHING then
      expect(link:next(s(1)).control):named("the answer to " .. case.opcode):equals(case.answer)
    end
    ll.goes_on(link, open.handle, "W", case.opcode)
  end
end

scenario("a peripheral in clear", function()
  attacks.survives(tester, victim, "initiator", function(link, open)
    attack(link, open, TO_PERIPHERAL)
  end)
end)

scenario("a central in clear", function()
  attacks.survives(tester, victim, "responder", function(link, open)
    attack(link, open, TO_CENTRAL)
  end)
end)

-- What begins a pause is not the wrong role's to say, and what belongs into one means nothing outside.
local function without(cases, opcode)
  local others = {}
  for _, case in ipairs(cases) do
    if case.opcode ~= opcode then
      others[#others + 1] = case
    end
  end
  return others
end

scenario("an encrypted peripheral", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond(tester, victim, ll.address(1))
  local link = ll.connect(tester, victim, { address = ll.address(1) })
  ll.encrypt(link, ltk)
  attack(link, open, without(TO_PERIPHERAL, "LL_PAUSE_ENC_REQ"))
  ll.leave(link)
end)

scenario("an encrypted central", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond_as_peripheral(tester, victim, ll.address(1))
  local link = ll.await(tester, victim, ll.address(1))
  link:l2cap(ll.SMP, "\x0b\x09")
  ll.let_encrypt(link, ltk)
  attack(link, open, TO_CENTRAL)
  ll.leave(link)
end)

scenario("encryption with a peripheral that has no key", function()
  local open = ll.open_value(victim, "W")
  local link = ll.connect(tester, victim)
  local ones = string.rep("\xff", 8)
  for _, names in ipairs { { nil, nil }, { nil, 1 }, { ones, 0 }, { ones, 0xFFFF } } do
    link:control("LL_ENC_REQ", ll.enc_req(names[1], names[2]))
    link:next_control("LL_ENC_RSP", s(1))
    local answer = link:next_control("LL_REJECT_EXT_IND", s(1))
    expect(hex(answer.data)):equals("03 06")
    ll.goes_on(link, open.handle, "W", "LL_ENC_REQ without a key")
  end
  ll.leave(link)
end)

scenario("LL_ENC_REQ in the midst of a pairing", function()
  local open = ll.open_value(victim, "W")
  for number, step in ipairs { "public_key", "random", "check" } do
    local link = ll.connect(tester, victim, { address = ll.address(number) })
    local peer = smp.initiator(link):walk(step)
    ll.no_key(link, "before " .. step)
    ll.goes_on(link, open.handle, "W", "before " .. step)
    -- The pairing goes on as if nothing had been.
    peer:pair()
    ll.leave(link)
  end
end)
