-- A stranger pairs without a passkey and then says that it is somebody else, who has a bond and entered one.
-- Core v5.4, Vol 3, Part H, 2.4.3 and 3.6.5; the bond of another, overwritten by a weaker one.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local PASSKEY = 4711
local FRIEND = ll.address(1)

local victim = device { name = "victim", security = { io = "display_only", passkey = PASSKEY } }
local tester = raw { name = "tester" }

for _, role in ipairs(smp.ROLES) do
  scenario("by an " .. role, function()
    local values = ll.values(victim)
    smp.bond(tester, victim, FRIEND, { method = "legacy", passkey = PASSKEY, io = 2 })
    local bond = victim:bonds()[1]
    expect(bond.authenticated):is_true()
    local peer = smp.attack(tester, victim, role, 2, { method = "legacy", identity = FRIEND })
    peer:pair()
    log(peer.outcome:join(s(1)))
    for _, b in ipairs(victim:bonds()) do log(b.identity, b.authenticated, hex(b.theirs.ltk)) end
    log(pcall(function() log(hex(peer:get(ms(100)))) end))
  end)
end
