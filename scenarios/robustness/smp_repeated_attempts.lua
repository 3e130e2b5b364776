-- Who fails has to wait, longer each time, also on a new connection: a PIN is not tried out in a minute.
-- Core v5.4, Vol 3, Part H, 2.3.6; brute force over pairings.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local PASSKEY = 4711
local victim = device { name = "victim", security = { io = "display_only", mitm = true, passkey = PASSKEY } }
local tester = raw { name = "tester" }

-- On a link of its own for each try, under the same address.
local function try(passkey)
  local peer = smp.attack(tester, victim, "initiator", 1, { method = "legacy", passkey = passkey, io = 2 })
  peer:send(peer:pdu "request")
  local answer = peer:get()
  if answer:byte(1) == smp.CODES.failed then
    expect(answer:byte(2)):named("why not"):equals(smp.REPEATED_ATTEMPTS)
    ll.quiet(peer.link, "refused")
    ll.leave(peer.link)
    return false
  end
  peer.preq, peer.pres, peer.at = peer:pdu "request", answer, 3
  peer:walk("random")
  peer:send(peer:pdu "random")
  expect(hex(peer:get())):equals(hex(string.char(smp.CODES.failed, smp.CONFIRM_VALUE_FAILED)))
  ll.leave(peer.link)
  return true
end

scenario("each failure costs twice the time", function()
  local values = ll.values(victim)
  local wait = s(1)
  for passkey = 1, 4 do
    expect(try(passkey)):named("try " .. passkey):is_true()
    local again = now() + wait
    expect(try(passkey)):named("at once after try " .. passkey):is_false()
    sleep(again - now() - ms(200))
    expect(try(passkey)):named("too soon after try " .. passkey):is_false()
    sleep(ms(200))
    wait = 2 * wait
  end
  -- Others need not wait for that.
  smp.honest_peer(tester, victim, "initiator", values, { method = "legacy", passkey = PASSKEY, io = 2 })
end)
