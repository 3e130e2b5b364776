-- A peer that stops in the midst of encryption: the link ends 40 s later with LL Response Timeout, and not before.
-- Core v5.4, Vol 6, Part B, 5.2; peers that fall silent where nothing else may be said.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local PEER = ll.address(1)
local SLOW = ms(1000)
local LL_RESPONSE_TIMEOUT = 0x22

local function gives_up(link, conn, what)
  local stopped = now()
  expect(conn:wait_disconnected(s(50))):named(what):equals(LL_RESPONSE_TIMEOUT)
  expect(now() - stopped):named(what):above(s(36)):at_most(s(41))
  ll.nothing_left(link, what)
  link:stop()
end

scenario("a central that stops", function()
  local values = ll.values(victim)
  local ltk = smp.bond(tester, victim, PEER)
  local link, conn = ll.connect(tester, victim, { address = PEER, interval = SLOW })
  ll.ask_for_encryption(link, ltk)
  gives_up(link, conn, "before LL_START_ENC_RSP")

  link, conn = ll.connect(tester, victim, { address = PEER, interval = SLOW })
  ll.encrypt(link, ltk)
  link:control("LL_PAUSE_ENC_REQ")
  link:next_control("LL_PAUSE_ENC_RSP", s(4))
  gives_up(link, conn, "before LL_PAUSE_ENC_RSP")

  link, conn = ll.connect(tester, victim, { address = PEER, interval = SLOW })
  ll.encrypt(link, ltk)
  link:control("LL_PAUSE_ENC_REQ")
  link:next_control("LL_PAUSE_ENC_RSP", s(4))
  link:plain()
  link:control("LL_PAUSE_ENC_RSP")
  gives_up(link, conn, "before LL_ENC_REQ")
  expect(victim:bonds()):has_length(1)
  victim:forget()
  smp.honest_peer(tester, victim, "initiator", values)
end)

scenario("a peripheral that stops", function()
  local values = ll.values(victim)
  local ltk = smp.bond_as_peripheral(tester, victim, PEER)
  local function asked()
    local link, conn = ll.await(tester, victim, PEER, { interval = SLOW })
    link:l2cap(ll.SMP, "\x0b\x09")
    return link, conn
  end
  local link, conn = asked()
  link:next_control("LL_ENC_REQ", s(4))
  gives_up(link, conn, "before LL_ENC_RSP")

  link, conn = asked()
  ll.answer_enc_req(link, ltk)
  gives_up(link, conn, "before LL_START_ENC_REQ")

  link, conn = asked()
  local keys = ll.answer_enc_req(link, ltk)
  link:control("LL_START_ENC_REQ")
  link:encrypt(keys)
  link:next_control("LL_START_ENC_RSP", s(4))
  gives_up(link, conn, "before LL_START_ENC_RSP")
  expect(victim:bonds()):has_length(1)
  victim:forget()
  smp.honest_peer(tester, victim, "responder", values)
end)
