-- A stranger under the address of a bonded peer, who has no key and would rather talk in clear: nobody is fooled.
-- Core v5.4, Vol 3, Part C, 10.3; spoofed reconnection (BLESA, CVE-2020-9770), and a bond that is to be overwritten.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local PASSKEY = 4711
local PEER = ll.address(1)
local INSUFFICIENT_ENCRYPTION = 0x0F

local victim = device { name = "victim", security = { io = "display_only", mitm = true, passkey = PASSKEY } }
local tester = raw { name = "tester" }

local ENTERS = { method = "legacy", passkey = PASSKEY, io = 2 }

local function the_bond(what)
  local bonds = victim:bonds()
  expect(bonds):named(what .. ": bonds"):has_length(1)
  expect(bonds[1].authenticated):named(what .. ": the bond is authenticated"):is_true()
  return bonds[1].ours
end

local function nothing_gained(link, conn, values, keys)
  ll.goes_on(link, values.open.handle, "W", "refused")
  ll.does_not_read(link, values.secret.handle, "refused", INSUFFICIENT_ENCRYPTION)
  expect(conn.security):equals(1)
  expect(the_bond("refused")):equals(keys)
  ll.leave(link)
end

scenario("a central finds a peripheral that has forgotten everything", function()
  local values = ll.values(victim)
  smp.bond_as_peripheral(tester, victim, PEER, ENTERS)
  local keys = the_bond("at first")
  local link, conn = ll.await(tester, victim, PEER)
  local raising = victim:script(function() return pcall(conn.secure, conn, 3) end)
  ll.refuse_encryption(link)
  local ok, err = raising:join(s(1))
  expect(ok):is_false()
  expect(err.name):equals("PIN or Key Missing")
  nothing_gained(link, conn, values, keys)
end)

scenario("a peripheral under that address wants to pair anew without a passkey", function()
  local values = ll.values(victim)
  smp.bond_as_peripheral(tester, victim, PEER, ENTERS)
  local keys = the_bond("at first")
  local link, conn = ll.await(tester, victim, PEER)
  local peer = smp.responder(link)
  peer:send(peer:pdu "security_request")
  ll.refuse_encryption(link)
  -- The bond's key is wanted, and nothing less is offered.
  nothing_gained(link, conn, values, keys)
end)

scenario("a central under that address wants to read, to encrypt, and to pair anew", function()
  local values = ll.values(victim)
  smp.bond(tester, victim, PEER, ENTERS)
  local keys = the_bond("at first")
  local link = ll.connect(tester, victim, { address = PEER })
  ll.does_not_read(link, values.secret.handle, "in clear", INSUFFICIENT_ENCRYPTION)
  local peer = smp.initiator(link)
  peer:send(peer:pdu "request")
  peer:failed(smp.AUTHENTICATION_REQUIREMENTS, "Just Works")
  expect(the_bond("refused")):equals(keys)
  ll.leave(link)
end)

-- It does not ask for a passkey by itself; but whoever entered one is not replaced by a stranger who did not.
local easy_going = device { name = "easy-going", security = { io = "display_only", passkey = PASSKEY } }

scenario("a bond that was authenticated is not replaced by one that is not", function()
  local values = ll.values(easy_going)
  smp.bond(tester, easy_going, PEER, ENTERS)
  expect(easy_going:bonds()[1].authenticated):is_true()
  local link = ll.connect(tester, easy_going, { address = PEER })
  local peer = smp.initiator(link)
  peer:send(peer:pdu "request")
  peer:failed(smp.AUTHENTICATION_REQUIREMENTS, "Just Works")
  ll.does_not_read(link, values.secret.handle, "refused", INSUFFICIENT_ENCRYPTION)
  expect(easy_going:bonds()[1].authenticated):is_true()
  ll.leave(link)
end)
