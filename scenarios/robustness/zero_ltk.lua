-- Encryption with a key of zeros, or one that was never agreed, at every moment of a pairing: no key, no link, no bond.
-- Core v5.4, Vol 6, Part B, 5.1.3.1; SweynTooth: zero LTK installation (CVE-2019-19194).
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local INSUFFICIENT_ENCRYPTION = 0x0F
local ZEROS = string.rep("\0", 16)

local PLACES = {
  { "secure", "public_key" }, { "secure", "random" }, { "secure", "check" },
  { "legacy", "confirm" }, { "legacy", "random" },
}

-- Before the keys are agreed there is none to be asked for.
scenario("a peripheral has no key yet", function()
  local values = ll.values(victim)
  for number, place in ipairs(PLACES) do
    local what = table.concat(place, " ")
    local peer = smp.attack(tester, victim, "initiator", number, { method = place[1] })
    peer:walk(place[2])
    ll.no_key(peer.link, what)
    peer:nothing_gained(values, what)
    ll.leave(peer.link)
  end
  smp.honest_peer(tester, victim, "initiator", values)
end)

-- Once they are, whoever starts with zeros cannot encrypt LL_START_ENC_RSP.
scenario("a peripheral with a key does not take zeros for it", function()
  local values = ll.values(victim)
  for number, method in ipairs { "secure", "legacy" } do
    local peer = smp.attack(tester, victim, "initiator", number, { method = method }):exchange()
    peer.link:encrypt(ll.ask_for_encryption(peer.link, ZEROS))
    peer.link:control("LL_START_ENC_RSP")
    ll.ended(peer.link, peer.conn, ll.MIC_FAILURE, method)
    expect(victim:bonds()):named(method .. ": bonds"):has_length(0)
  end
  smp.honest_peer(tester, victim, "initiator", values)
end)

scenario("nor does a peripheral with a bond, nor one that never heard of the peer", function()
  local values = ll.values(victim)
  for _, method in ipairs { "secure", "legacy" } do
    smp.bond(tester, victim, ll.address(1), { method = method })
    local link, conn = ll.connect(tester, victim, { address = ll.address(1) })
    -- A bond of legacy pairing is asked for by EDIV and Rand that it has not.
    if method == "legacy" then
      ll.no_key(link, method)
      ll.does_not_read(link, values.secret.handle, method, INSUFFICIENT_ENCRYPTION)
      ll.leave(link)
    else
      link:encrypt(ll.ask_for_encryption(link, ZEROS))
      link:control("LL_START_ENC_RSP")
      ll.ended(link, conn, ll.MIC_FAILURE, method)
    end
    expect(victim:bonds()):named(method .. ": bonds, as before"):has_length(1)
    link = ll.connect(tester, victim, { address = ll.address(2) })
    ll.no_key(link, "a stranger")
    ll.leave(link)
    victim:forget()
  end
end)

scenario("a central does not take zeros", function()
  local values = ll.values(victim)
  for number, method in ipairs { "secure", "legacy" } do
    local peer = smp.attack(tester, victim, "responder", number, { method = method }):exchange()
    local keys = ll.answer_enc_req(peer.link, ZEROS)
    peer.link:control("LL_START_ENC_REQ")
    peer.link:encrypt(keys)
    -- What it encrypts is no zeros' key either.
    expect(peer.link:next(s(1)).mic_ok):named(method .. ": its LL_START_ENC_RSP"):is_false()
    peer.link:control("LL_START_ENC_RSP")
    ll.ended(peer.link, peer.conn, ll.MIC_FAILURE, method)
    expect(victim:bonds()):named(method .. ": bonds"):has_length(0)
  end
  smp.honest_peer(tester, victim, "responder", values)
end)
