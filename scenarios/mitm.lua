-- A relay in the middle is caught by passkey entry and by numeric comparison, and not by Just Works.
-- Core v5.4, Vol 3, Part H, 2.3.5.6.2 (Just Works and Numeric Comparison) and 2.3.5.6.3 (Passkey Entry).
-- SPDX-License-Identifier: MIT
local SERVICE, NOTE = 0x1815, 0x2A56
local SECRET = "the door opens: 0815"
local CONFIRM_VALUE_FAILED, NUMERIC_COMPARISON_FAILED = 0x04, 0x0C

local alice = device { name = "alice" }
local bob = device { name = "bob" }
-- What alice takes for bob, and what bob takes for alice.
local false_bob = device { name = "mallory-b" }
local false_alice = device { name = "mallory-a" }

-- A device that calls itself Bob. Returns its characteristic.
local function call_itself_bob(device)
  local note = device:service(SERVICE):characteristic {
    uuid = NOTE, properties = "read, write", value = "", read_level = 2, write_level = 2,
  }
  device:advertise { name = "Bob", interval = ms(50) }
  return note
end

-- Alice and bob are out of each other's reach: what they hear is what mallory lets them hear.
-- Returns the two links that stand in place of theirs, and the characteristics at their far ends.
local function meet(central_io, peripheral_io)
  path_loss(alice, bob, 200)
  for _, central in ipairs { alice, false_alice } do
    central:security { io = central_io, mitm = central_io ~= "none" }
  end
  for _, peripheral in ipairs { bob, false_bob } do
    peripheral:security { io = peripheral_io, mitm = peripheral_io ~= "none" }
  end
  local his = call_itself_bob(bob)
  local to_bob = false_alice:connect(bob)
  bob:wait_connected(s(1))
  local copied = call_itself_bob(false_bob)
  local to_false_bob = alice:connect(alice:scan { name = "Bob", timeout = s(2) })
  expect(to_false_bob.peer):equals(false_bob.address)
  return to_false_bob, to_bob, copied, his
end

-- What a pairing came to, in a script of its own.
local function pair_beside(conn)
  return conn.device:script(function()
    return pcall(conn.pair, conn)
  end)
end

local function refused(pairing, code)
  local ok, err = pairing:join(s(5))
  expect(ok):is_false()
  expect(err.layer):equals("smp")
  expect(err.code):equals(code)
end

scenario("with Just Works neither end notices, and mallory reads everything", function()
  local to_false_bob, to_bob, copied, his = meet("none", "none")
  expect(to_false_bob:pair().authenticated):is_false()
  expect(to_bob:pair().authenticated):is_false()

  to_false_bob:write(copied.handle, SECRET)
  local heard = copied:next_write(s(1))
  to_bob:write(his.handle, heard)
  expect(heard):equals(SECRET)
  expect(his:next_write(s(1))):equals(SECRET)
  -- All that alice and bob know of it: that nobody vouches for whom they are encrypted with.
  expect(to_false_bob.security):equals(2)
  expect(bob:connections()[1].security):equals(2)
end)

scenario("with Numeric Comparison the two ends show different digits", function()
  local to_false_bob, to_bob, copied, his = meet("display_yes_no", "display_yes_no")
  for _, mallory in ipairs { false_bob, false_alice } do
    mallory:agent { compare = function() return true end }
  end
  local hers, mallorys = pair_beside(to_false_bob), pair_beside(to_bob)
  local bobs_link = bob:connections()[1]
  local what, alice_sees = to_false_bob:wait_question(s(2))
  expect(what):equals("compare")
  local _, bob_sees = bobs_link:wait_question(s(2))
  expect(alice_sees):differs(bob_sees)

  to_false_bob:confirm(alice_sees == bob_sees)
  bobs_link:confirm(alice_sees == bob_sees)
  refused(hers, NUMERIC_COMPARISON_FAILED)
  refused(mallorys, NUMERIC_COMPARISON_FAILED)
  expect_error(function() to_false_bob:write(copied.handle, SECRET) end, "Insufficient Authentication")
  expect_error(function() to_bob:read(his.handle) end, "Insufficient Authentication")
end)

-- Bob shows a passkey that his user enters at alice; mallory has shown alice another one, and bob waits for his own.
local function passkey(secure)
  for _, device in ipairs { alice, bob, false_alice, false_bob } do
    device:security { secure_connections = secure }
  end
  local to_false_bob, to_bob, copied = meet("keyboard_only", "display_only")
  false_alice:agent { enter = function() return 123456 end }
  local mallorys = pair_beside(to_bob)
  local shown = bob:connections()[1]:wait_passkey(s(2))
  local hers = pair_beside(to_false_bob)
  expect(to_false_bob:wait_question(s(2))):equals("enter")
  to_false_bob:enter_passkey(shown)
  refused(hers, CONFIRM_VALUE_FAILED)
  refused(mallorys, CONFIRM_VALUE_FAILED)
  expect_error(function() to_false_bob:write(copied.handle, SECRET) end, "Insufficient Authentication")
end

scenario("with Passkey Entry mallory does not know what bob shows", function()
  passkey(true)
end)

scenario("nor with that of LE legacy pairing, if nobody tries them all", function()
  passkey(false)
end)
