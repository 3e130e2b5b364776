-- PDUs of the Security Manager while no pairing runs, before one and after one: nothing comes of them.
-- Core v5.4, Vol 3, Part H, 3.3 and 3.5; SweynTooth: unexpected public key (CVE-2019-17520); keys of strangers.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local NAMES = {
  "response", "confirm", "random", "failed", "encryption_information", "central_identification",
  "identity_information", "identity_address", "signing_information", "public_key", "check", "keypress",
}
local RESERVED = { "\x00", "\x0f", "\x7f", "\xff" }

local function pdu(name)
  return string.char(smp.CODES[name]) .. string.rep("\x01", smp.LENGTHS[name] - 1)
end

local function attack(peer, handle, value, when)
  for _, name in ipairs(NAMES) do
    peer:send(pdu(name))
    ll.quiet(peer.link, name .. " " .. when)
  end
  for _, code in ipairs(RESERVED) do
    peer:send(code .. "\x01\x02\x03")
    ll.quiet(peer.link, "a reserved code " .. when)
  end
  ll.reads(peer.link, handle, value, when)
end

for _, role in ipairs(smp.ROLES) do
  scenario("from " .. smp.SENT_BY[role], function()
    local values = ll.values(victim)
    local link = (role == "initiator" and ll.connect or ll.await)(tester, victim)
    attack(smp[role](link), values.open.handle, "W", "before a pairing")
    expect(#victim:bonds()):equals(0)
    if role == "initiator" then
      ll.no_key(link, "before a pairing")
    end
    ll.leave(link)

    -- Reserved codes are ignored within a pairing as well.
    local peer = smp.attack(tester, victim, role, 1)
    peer:walk("check")
    for _, code in ipairs(RESERVED) do
      peer:send(code .. "\x01\x02\x03")
    end
    peer:pair()
    expect((peer.outcome:join(s(1)))):is_true()
    ll.quiet(peer.link, "as the pairing is over")
    local bond = victim:bonds()[1]
    attack(peer, values.secret.handle, "secret", "after a pairing")
    expect(victim:bonds()):has_length(1)
    expect(victim:bonds()[1].theirs):named("what the bond has of the peer"):equals(bond.theirs)
    ll.leave(peer.link)
  end)
end
