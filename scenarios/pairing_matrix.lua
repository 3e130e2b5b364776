-- A hundred pairings: legacy and Secure Connections, MITM on and off, five IO capabilities by five.
-- Core v5.4, Vol 3, Part H, Table 2.8: authenticated exactly where it says so.
-- SPDX-License-Identifier: MIT
local CAPABILITIES = { "display_only", "display_yes_no", "keyboard_only", "none", "keyboard_display" }

-- A row for each responder, in it a letter for each initiator in that order.
local METHODS = { J = "just_works", P = "passkey_entry", N = "numeric_comparison" }
local LEGACY = {
  display_only     = "JJPJP",
  display_yes_no   = "JJPJP",
  keyboard_only    = "PPPJP",
  none             = "JJJJJ",
  keyboard_display = "PPPJP",
}
local SECURE = {
  display_only     = "JJPJP",
  display_yes_no   = "JNPJN",
  keyboard_only    = "PPPJP",
  none             = "JJJJJ",
  keyboard_display = "PNPJN",
}

local initiator = device { name = "initiator" }
local responder = device { name = "responder" }

-- One user holds both devices: enters at one what the other shows, or the same at both when neither does.
local user = { chosen = 271828 }

function user.forget()
  user.shown, user.waiting = nil, nil
end

function user.display(passkey)
  user.shown = passkey
  if user.waiting then
    user.waiting:enter_passkey(passkey)
  end
end

function user.enter(conn)
  if user.both_enter then
    return user.chosen
  end
  user.waiting = conn
  return user.shown
end

function user.compare(value)
  user.shown = user.shown or value
  return user.shown == value
end

local function pair(secure, mitm, io_initiator, io_responder)
  user.forget()
  user.both_enter = io_initiator == "keyboard_only" and io_responder == "keyboard_only"
  initiator:security { io = io_initiator, mitm = mitm, secure_connections = secure }
  responder:security { io = io_responder, mitm = mitm, secure_connections = secure }
  responder:advertise { interval = ms(20) }
  local conn = initiator:connect(responder, { interval = ms(7.5) })
  local there = responder:wait_connected(s(1))
  local pairing = conn:pair()
  there:wait_pairing(s(1))
  local level = conn.security
  expect(there.security):equals(level)
  conn:disconnect()
  initiator:forget()
  responder:forget()
  return pairing, level
end

local function matrix(secure, mitm)
  local authenticated = 0
  for _, io_responder in ipairs(CAPABILITIES) do
    local row = (secure and SECURE or LEGACY)[io_responder]
    local line = string.format("%-16s", io_responder)
    for column, io_initiator in ipairs(CAPABILITIES) do
      local pairing, level = pair(secure, mitm, io_initiator, io_responder)
      local name = io_initiator .. " with " .. io_responder
      local letter = mitm and row:sub(column, column) or "J"
      expect(pairing.method):named(name):equals(METHODS[letter])
      expect(pairing.authenticated):named(name):equals(letter ~= "J")
      expect(pairing.secure_connections):named(name):equals(secure)
      expect(level):named(name):equals(letter == "J" and 2 or secure and 4 or 3)
      line = line .. " " .. pairing.method:sub(1, 7)
      authenticated = authenticated + (pairing.authenticated and 1 or 0)
    end
    log(line)
  end
  return authenticated
end

scenario("a hundred pairings are authenticated exactly where the tables say so", function()
  for _, held in ipairs { initiator, responder } do
    held:agent { display = user.display, enter = user.enter, compare = user.compare }
  end
  expect(matrix(false, false)):equals(0)
  expect(matrix(true, false)):equals(0)
  expect(matrix(false, true)):equals(12)
  expect(matrix(true, true)):equals(13)
end)
