-- While encryption is set up, whatever does not belong to it ends the link at once: 0x3D, and nothing is answered.
-- Core v5.4, Vol 6, Part B, 5.1.3.1; plaintext slipped in between would be taken for part of the encrypted link.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local PEER = ll.address(1)

local function data(link, open, faults)
  link:l2cap(ll.ATT, ll.write_req(open.handle, "X"), faults)
end

local function control(opcode, ctr_data)
  return function(link, _, faults)
    link:control(opcode, ctr_data or "", faults)
  end
end

local INTRUDERS = {
  { name = "a data PDU",                  send = data },
  { name = "LL_PING_REQ",                 send = control "LL_PING_REQ" },
  { name = "LL_VERSION_IND",              send = control("LL_VERSION_IND", "\x0b\xff\xff\x00\x00") },
  { name = "LL_UNKNOWN_RSP",              send = control("LL_UNKNOWN_RSP", "\x05") },
  { name = "a control PDU without a name", send = control(0xFF) },
  { name = "LL_ENC_REQ, again",           send = control("LL_ENC_REQ", ll.enc_req()) },
  { name = "LL_ENC_RSP, its own or again", send = control("LL_ENC_RSP", ll.SKD_P .. ll.IV_P) },
  { name = "LL_PAUSE_ENC_REQ",            send = control "LL_PAUSE_ENC_REQ" },
  { name = "LL_PAUSE_ENC_RSP",            send = control "LL_PAUSE_ENC_RSP" },
  { name = "LL_START_ENC_RSP in clear",   send = control "LL_START_ENC_RSP" },
}

local function harmless(open)
  expect(open:value()):named("what only an intruder would have written"):equals("W")
end

-- As central: behind LL_ENC_REQ, when the peripheral has not asked to start yet.
scenario("a peripheral that looks for its key", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond(tester, victim, PEER)
  for _, case in ipairs(INTRUDERS) do
    local link, conn = ll.connect(tester, victim, { address = PEER })
    link:control("LL_ENC_REQ", ll.enc_req())
    case.send(link, open)
    link:next_control("LL_ENC_RSP", s(1))
    ll.ended(link, conn, ll.MIC_FAILURE, case.name)
  end
  harmless(open)
  local link = ll.connect(tester, victim, { address = PEER })
  ll.encrypt(link, ltk)
  ll.goes_on(link, open.handle, "W", "a right peer afterwards")
  ll.leave(link)
end)

scenario("a peripheral that waits for LL_START_ENC_RSP", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond(tester, victim, PEER)
  for _, case in ipairs(INTRUDERS) do
    local link, conn = ll.connect(tester, victim, { address = PEER })
    ll.ask_for_encryption(link, ltk)
    case.send(link, open)
    ll.ended(link, conn, ll.MIC_FAILURE, case.name)
  end
  -- The right key, and what it encrypts is not LL_START_ENC_RSP.
  for _, case in ipairs(INTRUDERS) do
    if case.name ~= "LL_START_ENC_RSP in clear" then
      local link, conn = ll.connect(tester, victim, { address = PEER })
      link:encrypt(ll.ask_for_encryption(link, ltk))
      case.send(link, open)
      ll.ended(link, conn, ll.MIC_FAILURE, case.name .. ", encrypted")
    end
  end
  harmless(open)
end)

-- As peripheral: the device encrypts because of a Security Request.
local function asked(open)
  local link, conn = ll.await(tester, victim, PEER)
  link:l2cap(ll.SMP, "\x0b\x09")
  return link, conn
end

scenario("a central that waits for LL_START_ENC_REQ", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond_as_peripheral(tester, victim, PEER)
  for _, case in ipairs(INTRUDERS) do
    local link, conn = asked()
    ll.answer_enc_req(link, ltk)
    case.send(link, open)
    ll.ended(link, conn, ll.MIC_FAILURE, case.name)
  end
  harmless(open)
end)

scenario("a central that waits for LL_START_ENC_RSP", function()
  local open = ll.open_value(victim, "W")
  local ltk = smp.bond_as_peripheral(tester, victim, PEER)
  for _, case in ipairs(INTRUDERS) do
    local link, conn = asked()
    local keys = ll.answer_enc_req(link, ltk)
    link:control("LL_START_ENC_REQ")
    link:encrypt(keys)
    link:next_control("LL_START_ENC_RSP", s(1))
    case.send(link, open, { plain = true })
    ll.ended(link, conn, ll.MIC_FAILURE, case.name)
  end
  harmless(open)
  local link = asked()
  ll.let_encrypt(link, ltk)
  ll.goes_on(link, open.handle, "W", "a right peer afterwards")
  ll.leave(link)
end)
