-- A peer that stops at any step: after 30 s the pairing has failed, and nothing more is said of it on this link.
-- Core v5.4, Vol 3, Part H, 3.4; peers that go out of range, crash, or wait for the other to give up.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local PLACES = {
  initiator = {
    { "secure", "public_key" }, { "secure", "random" }, { "secure", "check" }, { "secure", "encryption" },
    { "secure", "identity_information" }, { "secure", "identity_address" }, { "secure", "signing_information" },
    { "legacy", "confirm" }, { "legacy", "random" }, { "legacy", "encryption" },
    { "legacy", "encryption_information" }, { "legacy", "central_identification" },
  },
  responder = {
    { "secure", "response" }, { "secure", "public_key" }, { "secure", "confirm" }, { "secure", "random" },
    { "secure", "check" }, { "secure", "identity_information" }, { "secure", "identity_address" },
    { "secure", "signing_information" }, { "legacy", "confirm" }, { "legacy", "random" },
    { "legacy", "encryption_information" }, { "legacy", "central_identification" },
  },
}

-- The link lives on for so long with few packets.
local SLOW = ms(500)

local function stop_at(role, number, place)
  local method, name = table.unpack(place)
  local peer = smp.attack(tester, victim, role, number, { method = method, interval = SLOW })
  if name == "encryption" then
    return peer:exchange()
  end
  return peer:walk_to(name)
end

local function attack(role)
  local values = ll.values(victim)
  for number, place in ipairs(PLACES[role]) do
    local what = "stopped before " .. table.concat(place, " ")
    local peer = stop_at(role, number, place)
    local stopped = now()
    local ok, err = peer.outcome:join(s(40))
    expect(ok):named(what):is_false()
    expect(err.name):named(what):equals("Timed out")
    expect(now() - stopped):named(what):above(s(27)):at_most(s(30))
    peer:nothing_gained(values, what)
    -- Too late: the channel takes nothing more.
    peer:send(peer:pdu(role == "initiator" and "request" or "security_request"))
    ll.quiet(peer.link, what)
    ll.leave(peer.link)
  end
  smp.honest_peer(tester, victim, role, values)
end

scenario("a peripheral gives up after 30 s", function() attack("initiator") end)

scenario("a central gives up after 30 s", function() attack("responder") end)
