-- On an encrypted link a wrong MIC, a packet said twice, or plaintext end it at once: 0x3D, and nothing is answered.
-- Core v5.4, Vol 6, Part B, 5.1.3.1 and Part E, 1 and 2.1; injection into links that are taken to be protected.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local PEER = ll.address(1)

local function write(link, open, faults)
  link:l2cap(ll.ATT, ll.write_req(open.handle, "X"), faults)
end

-- The session's keys, changed in one respect.
local function with(keys, changes)
  local changed = {}
  for name, value in pairs(keys) do
    changed[name] = value
  end
  for name, value in pairs(changes) do
    changed[name] = value
  end
  return changed
end

local CASES = {
  { name = "a wrong MIC", send = function(link, open) write(link, open, { bad_mic = true }) end },
  { name = "a wrong MIC of a control PDU", send = function(link)
    link:control("LL_TERMINATE_IND", "\x13", { bad_mic = true, follow = false })
  end },
  { name = "the first packet's number again", send = function(link, open, keys)
    link:encrypt(with(keys, { receive = false, send_counter = 0 }))
    write(link, open)
  end },
  { name = "the last packet's number again", send = function(link, open, keys)
    link:encrypt(with(keys, { receive = false, send_counter = 1 }))
    write(link, open)
  end },
  { name = "a number left out", send = function(link, open, keys)
    link:encrypt(with(keys, { receive = false, send_counter = 3 }))
    write(link, open)
  end },
  { name = "another key", send = function(link, open, keys)
    link:encrypt(with(keys, { receive = false, send_counter = 2, ltk = string.rep("\0", 16) }))
    write(link, open)
  end },
  { name = "another IV", send = function(link, open, keys)
    link:encrypt(with(keys, { receive = false, send_counter = 2, iv_c = "\0\0\0\0" }))
    write(link, open)
  end },
  { name = "plaintext", send = function(link, open) write(link, open, { plain = true }) end },
  { name = "a control PDU in clear", send = function(link)
    link:control("LL_PING_REQ", "", { plain = true })
  end },
  { name = "LL_TERMINATE_IND in clear", send = function(link)
    link:control("LL_TERMINATE_IND", "\x13", { plain = true, follow = false })
  end },
  { name = "less than a MIC", send = function(link) link:send(2, "\x01\x02\x03", { plain = true }) end },
  { name = "LLID 0 in clear", send = function(link) link:send(0, "\x01\x02\x03\x04\x05", { plain = true }) end },
}

local function attack(link, conn, open, keys, case)
  ll.reads(link, open.handle, "W", "before " .. case.name)
  case.send(link, open, keys)
  ll.ended(link, conn, ll.MIC_FAILURE, case.name)
  expect(open:value()):named(case.name .. ": the value"):equals("W")
end

scenario("a peripheral is not fooled", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond(tester, victim, PEER)
  for _, case in ipairs(CASES) do
    local link, conn = ll.connect(tester, victim, { address = PEER })
    attack(link, conn, open, ll.encrypt(link, ltk), case)
  end
  local link = ll.connect(tester, victim, { address = PEER })
  ll.encrypt(link, ltk)
  ll.goes_on(link, open.handle, "W", "a right peer afterwards")
  ll.leave(link)
end)

scenario("a central is not fooled", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond_as_peripheral(tester, victim, PEER)
  for _, case in ipairs(CASES) do
    local link, conn = ll.await(tester, victim, PEER)
    link:l2cap(ll.SMP, "\x0b\x09")
    attack(link, conn, open, ll.let_encrypt(link, ltk), case)
  end
end)

-- Empty packets have no MIC, and a repetition is no new packet.
scenario("what is right remains right", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond(tester, victim, PEER)
  local link = ll.connect(tester, victim, { address = PEER })
  ll.encrypt(link, ltk)
  link:send(1, "", { plain = true })
  write(link, open, { bad_crc = 2 })
  expect(link:next_l2cap(ll.ATT, s(1))):equals("\x13")
  write(link, open, { wrong_nesn = true })
  link:silence(3)
  expect(link:next_l2cap(ll.ATT, s(1))):equals("\x13")
  ll.goes_on(link, open.handle, "X", "after repetitions")
  ll.leave(link)
end)

-- Key refreshment: what must not come before, during and after a pause.
local PAUSE = {
  { name = "LL_ENC_REQ without a pause", rejected = true, send = function(link)
    link:control("LL_ENC_REQ", ll.enc_req())
  end },
  { name = "LL_PAUSE_ENC_REQ, then data in clear", send = function(link, open)
    link:control("LL_PAUSE_ENC_REQ")
    link:next_control("LL_PAUSE_ENC_RSP", s(1))
    write(link, open, { plain = true })
  end },
  { name = "LL_PAUSE_ENC_REQ, then encrypted data", send = function(link, open)
    link:control("LL_PAUSE_ENC_REQ")
    link:next_control("LL_PAUSE_ENC_RSP", s(1))
    write(link, open)
  end },
  { name = "paused, then data in clear", send = function(link, open)
    link:control("LL_PAUSE_ENC_REQ")
    link:next_control("LL_PAUSE_ENC_RSP", s(1))
    link:plain()
    link:control("LL_PAUSE_ENC_RSP")
    write(link, open)
  end },
  { name = "paused, and then LL_START_ENC_RSP", send = function(link)
    link:control("LL_PAUSE_ENC_REQ")
    link:next_control("LL_PAUSE_ENC_RSP", s(1))
    link:plain()
    link:control("LL_PAUSE_ENC_RSP")
    link:control("LL_START_ENC_RSP")
  end },
}

scenario("a pause lets nobody in", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond(tester, victim, PEER)
  for _, case in ipairs(PAUSE) do
    local link, conn = ll.connect(tester, victim, { address = PEER })
    ll.encrypt(link, ltk)
    case.send(link, open)
    if case.rejected then
      expect(hex(link:next_control("LL_REJECT_EXT_IND", s(1)).data)):named(case.name):equals("03 0c")
      ll.goes_on(link, open.handle, "W", case.name)
      ll.leave(link)
    else
      ll.ended(link, conn, ll.MIC_FAILURE, case.name)
    end
    expect(open:value()):named(case.name .. ": the value"):equals("W")
  end
end)
