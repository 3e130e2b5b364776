-- A stranger pairs without a passkey and says that it is somebody else, who has entered one: it is not believed.
-- Core v5.4, Vol 3, Part H, 2.4.3 and 3.6.5; the bond of another, overwritten by a weaker one.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local PASSKEY = 4711
local FRIEND = ll.address(1)

local victim = device { name = "victim", security = { io = "display_only", passkey = PASSKEY } }
local tester = raw { name = "tester" }

-- The stranger is the central, or the peripheral with which the application wants to pair anew.
for _, role in ipairs(smp.ROLES) do
  scenario("by " .. smp.SENT_BY[role], function()
    local values = ll.values(victim)
    local ltk = smp.bond(tester, victim, FRIEND, { method = "passkey", passkey = PASSKEY, io = 2 })
    local before = victim:export_bonds()
    local peer = smp.attack(tester, victim, role, 2, { identity = FRIEND }):pair()
    local ok, pairing = peer.outcome:join(s(1))
    expect(ok):is_true()
    expect(pairing.bonded):named("a bond"):is_false()
    expect(pairing.level):named("the level"):equals(2)
    expect(peer.conn.identity):named("whom the device takes it for"):equals(ll.address(2))
    expect(victim:export_bonds()):named("the friend's bond"):equals(before)
    ll.leave(peer.link)

    local link, conn = ll.connect(tester, victim, { address = FRIEND })
    ll.encrypt(link, ltk)
    ll.goes_on(link, values.secret.handle, "secret", "the friend")
    expect(conn.security):named("the friend's level"):equals(4)
    ll.leave(link)
  end)
end
