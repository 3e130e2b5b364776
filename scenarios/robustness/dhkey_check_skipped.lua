-- A central that goes on to encryption without the DHKey check, or without having shown its nonce: there is no key yet.
-- Core v5.4, Vol 3, Part H, 2.3.5.6.5; SweynTooth: DHKey check skipped (CVE-2020-13593).
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

scenario("encryption in place of the check", function()
  local values = ll.values(victim)
  local peer = smp.attack(tester, victim, "initiator", 1)
  peer:walk("check")
  peer:derive()
  ll.no_key(peer.link, "before the check")
  peer:nothing_gained(values, "before the check")
  -- Not even the right key helps, and what the link distributes in clear is no key.
  peer:send(peer:pdu "identity_information")
  peer:refused(values, smp.UNSPECIFIED_REASON, "keys in place of the check")
  smp.honest_peer(tester, victim, "initiator", values)
end)

scenario("a check that was refused leaves no key", function()
  local values = ll.values(victim)
  local peer = smp.attack(tester, victim, "initiator", 1)
  peer:walk("check")
  peer:send("\x0d" .. string.rep("\0", 16))
  peer:failed(smp.DHKEY_CHECK_FAILED, "zeros")
  peer:told(smp.DHKEY_CHECK_FAILED, "zeros")
  ll.no_key(peer.link, "after the check")
  peer:nothing_gained(values, "after the check")
  ll.leave(peer.link)
end)

scenario("a pairing that failed behind the check leaves no key", function()
  local values = ll.values(victim)
  local peer = smp.attack(tester, victim, "initiator", 1):exchange()
  peer:send(peer:pdu "check")
  peer:failed(smp.UNSPECIFIED_REASON, "the check again")
  ll.no_key(peer.link, "with the key that both had")
  peer:nothing_gained(values, "behind the check")
  ll.leave(peer.link)
end)

scenario("the device's own check, reflected", function()
  local values = ll.values(victim)
  -- A responder could send back what the initiator has sent.
  local peer = smp.attack(tester, victim, "responder", 1)
  peer:walk("check")
  peer:send("\x0d" .. peer.theirs.check)
  peer:refused(values, smp.DHKEY_CHECK_FAILED, "reflected")
  smp.honest_peer(tester, victim, "responder", values)
end)

-- A central that does not wait for the peripheral's check has the right key: 2.3.5.6.5 protects the peripheral by then.
scenario("a peripheral that skips its check gets no encryption", function()
  local values = ll.values(victim)
  local peer = smp.attack(tester, victim, "responder", 1)
  peer:walk("check")
  ll.quiet(peer.link, "as long as the check is missing", s(1))
  peer.link:control("LL_START_ENC_REQ")
  ll.quiet(peer.link, "LL_START_ENC_REQ")
  peer:nothing_gained(values, "LL_START_ENC_REQ")
  ll.leave(peer.link)
end)
