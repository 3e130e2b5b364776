-- A lock with a PIN: the right one opens it, a wrong one does not, a new one forgets the old phone, and guessing is easy.
-- Core v5.4, Vol 3, Part H, 2.3.5.6.3 (Passkey Entry), 3.5.5 (reasons), 2.3.6 (repeated attempts).
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local SERVICE = "0000aa10-1234-5678-9abc-def012345678"
local STATE = "0000aa11-1234-5678-9abc-def012345678"

local lock = device { name = "lock", pin = "1234" }
local phone = device {
  name = "phone",
  security = { io = "keyboard_display", mitm = true, secure_connections = false },
}

local function advertise()
  lock:advertise { name = "Lock", interval = ms(50) }
end

local function install()
  local state = lock:service(SERVICE):characteristic {
    uuid = STATE, properties = "read, write", value = "locked", read_level = 3, write_level = 3,
  }
  advertise()
  return state
end

local function enter(passkey)
  phone:agent { enter = function() return passkey end }
end

-- Until the lock has its keys as well: it gets the last ones a moment after the phone.
local function pair(conn)
  local pairing = conn:pair()
  lock:connections()[1]:wait_security(3, s(1))
  sleep(s(1))
  return pairing
end

scenario("the right PIN opens the lock, and the bond lets the phone in again", function()
  local state = install()
  local conn = phone:connect(lock)
  local there = conn:characteristic(SERVICE, STATE)
  expect_error(function() there:read() end, "Insufficient Authentication")

  enter(1234)
  local pairing = pair(conn)
  expect(pairing.method):equals("passkey_entry")
  expect(pairing.authenticated):is_true()
  expect(conn.security):equals(3)
  expect(there:read()):equals("locked")
  there:write("open")
  expect(state:value()):equals("open")
  conn:disconnect()

  phone:agent { enter = function() error("nobody is to be asked again") end }
  advertise()
  local again = phone:connect(lock)
  again:secure(3)
  expect(again:read(state.handle)):equals("open")
end)

scenario("a wrong PIN fails with Confirm Value Failed and nothing is readable", function()
  local state = install()
  local conn = phone:connect(lock)
  enter(4321)
  local err = expect_error(function() conn:pair() end, "Confirm Value Failed")
  expect(err.layer):equals("smp")
  expect(err.code):equals(smp.CONFIRM_VALUE_FAILED)
  expect(conn.encrypted):is_false()
  expect(phone:bonds()):has_length(0)
  expect(lock:bonds()):has_length(0)
  expect_error(function() conn:read(state.handle) end, "Insufficient Authentication")
  expect_error(function() conn:write(state.handle, "open") end, "Insufficient Authentication")
  expect(state:value()):equals("locked")
end)

scenario("a new PIN forgets the old phone", function()
  local state = install()
  local conn = phone:connect(lock)
  enter(1234)
  pair(conn)
  expect(lock:bonds()):has_length(1)

  lock:set_pin("987654")
  expect(conn:wait_disconnected(s(1))):equals(ll.REMOTE_USER)
  expect(lock:bonds()):has_length(0)
  expect(lock.advertising):is_false()
  expect_error(function() phone:scan { address = lock, timeout = s(1) } end, "Timed out")

  -- The phone still has its key, which the lock does not know any more.
  advertise()
  local again = phone:connect(lock)
  expect_error(function() again:secure(3) end, "PIN or Key Missing")
  phone:forget(lock)
  if not again.connected then
    advertise()
    again = phone:connect(lock)
  end
  expect_error(function() again:pair() end, "Confirm Value Failed")
  enter(987654)
  sleep(s(2))
  expect(pair(again).authenticated):is_true()
  expect(again:read(state.handle)):equals("locked")
end)

-- Each attempt with Secure Connections tells whether the bits before the first wrong one were right. Who takes a new
-- address for each is nobody whose attempts could be counted.
scenario("a fixed PIN under Secure Connections gives away a bit an attempt", { own_air = true }, function()
  install()
  local thief = raw { name = "thief" }
  local guess, attempts = 0, 0
  repeat
    attempts = attempts + 1
    local link = ll.connect(thief, lock, { address = ll.address(attempts) })
    local peer = smp.initiator(link, { method = "passkey", passkey = guess })
    local round, reason = peer:finish()
    if round then
      log("attempt", attempts, "bit", round - 1, "is wrong")
      expect(reason):equals(smp.CONFIRM_VALUE_FAILED)
      guess = guess ~ 1 << round - 1
    end
    link:control("LL_TERMINATE_IND", string.char(ll.REMOTE_USER))
    link:wait_closed(s(1))
  until not round
  expect(guess):equals(1234)
  expect(attempts):at_most(20 + 1)
end)
