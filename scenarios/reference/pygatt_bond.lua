-- A program bonds with a lock, comes back, and makes the dongle forget it: without a passkey, and with one either way.
-- pygatt's BGAPI backend: the example of set_bondable(), bond() and clear_bond().
-- SPDX-License-Identifier: MIT
local lock  = device { name = "lock", address = "01:23:45:67:89:AB" }
local door  = device { name = "door", address = "01:23:45:67:89:AC" }
local stick = dongle { name = "stick", address = "00:07:80:00:00:01", port = "/dev/ttyACM0" }

local LOCK, DOOR = "01:23:45:67:89:AB", "01:23:45:67:89:AC"

local function furnish(owner, name, level)
  local bolt = owner:service(0xAA00):characteristic { uuid = 0xAA01, properties = "write", write_level = level }
  owner:advertise { name = name }
  owner:script(function()
    while true do
      owner:wait_connected():wait_disconnected()
      owner:advertise { name = name }
    end
  end)
  return bolt
end

local function bonds(adapter)
  return adapter:send_command("sm_get_bonds").count
end

scenario("a bond that lasts, and one that does not", { own_air = true }, function()
  local bolt = furnish(lock, "Lock", 2)
  furnish(door, "Door", 2)
  local adapter = BGAPIBackend()
  adapter:start()

  -- Enable bonding for secure connections.
  adapter:set_bondable(true)
  -- Connect and bond with device.
  local device = adapter:connect(LOCK)
  local err = expect_error(function() device:char_write(0xAA01, "open") end, "BGAPIError")
  expect(err.code):equals(0x0405)
  device:bond { permanent = true }
  expect(device.encrypted):is_true()
  expect(device.bond_handle):equals(0)
  device:char_write(0xAA01, "open")
  expect(bolt:next_write(s(1))):equals("open")
  device:disconnect()

  -- It is still there: the same keys.
  device = adapter:connect(LOCK)
  expect(device.bond_handle):equals(0)
  expect(device.encrypted):is_false()
  device:bond { permanent = true }
  device:char_write(0xAA01, "shut")
  expect(bolt:next_write(s(1))):equals("shut")
  expect(lock:bonds()):has_length(1)
  device:disconnect()

  -- Not to be kept.
  local other = adapter:connect(DOOR)
  adapter:set_bondable(false)
  other:bond()
  expect(other.encrypted):is_true()
  other:char_write(0xAA01, "open")
  expect(other.bond_handle):is_nil()
  expect(bonds(adapter)):equals(1)
  expect_error(function() adapter:clear_bond(DOOR) end, "has told of no bond with " .. DOOR)

  -- Later, clear specific bond.
  adapter:clear_bond(LOCK)
  expect(bonds(adapter)):equals(0)
  adapter:stop()
end)

scenario("all bonds are forgotten", { own_air = true }, function()
  furnish(lock, "Lock", 2)
  furnish(door, "Door", 2)
  local adapter = BGAPIBackend()
  adapter:start()
  for _, address in ipairs { LOCK, DOOR } do
    local device = adapter:connect(address)
    device:bond { permanent = true }
    device:disconnect()
  end
  expect(bonds(adapter)):equals(2)
  for _, found in ipairs(adapter:scan { timeout = 1 }) do
    expect(found.bond):equals(found.address == LOCK and 0 or 1)
  end
  adapter:clear_bond()
  expect(bonds(adapter)):equals(0)
  adapter:stop()
end)

scenario("the lock shows a passkey, the program enters it", { own_air = true }, function()
  local bolt = furnish(lock, "Lock", 3)
  lock:security { io = "display_only", mitm = true }
  local shown
  lock:agent { display = function(passkey) shown = passkey end }
  local asked = 0
  local adapter = BGAPIBackend {
    on_passkey_request = function(address)
      expect(address):equals(LOCK)
      asked = asked + 1
      return shown
    end,
  }
  adapter:start()
  adapter:send_command("sm_set_parameters", { mitm = 1, min_key_size = 16, io_capabilities = 2 })   -- keyboard only
  local device = adapter:connect(LOCK)
  device:bond { permanent = true }
  expect(asked):equals(1)
  device:char_write(0xAA01, "open")
  expect(bolt:next_write(s(1))):equals("open")
  adapter:stop()
end)

scenario("the program's user takes his time, and is wrong", { own_air = true }, function()
  furnish(lock, "Lock", 3)
  lock:security { io = "display_only", mitm = true }
  local shown
  lock:agent { display = function(passkey) shown = passkey end }
  local adapter = BGAPIBackend()
  adapter:start()
  adapter:send_command("sm_set_parameters", { mitm = 1, min_key_size = 7, io_capabilities = 2 })
  local device = adapter:connect(LOCK)
  local user = lock:script(function()
    sleep(s(3))
    device:passkey_entry((shown + 1) % 1000000)
  end)
  local err = expect_error(function() device:bond { permanent = true } end, "BGAPIError")
  expect(err.code):equals(0x0304)   -- SMP: Confirm Value Failed
  user:join()
  expect(bonds(adapter)):equals(0)
  expect_error(function() device:passkey_entry(1000000) end, "passkey is 0 to 999999, got 1000000")
  adapter:stop()
end)

scenario("the dongle shows a passkey, the lock's user enters it", { own_air = true }, function()
  furnish(lock, "Lock", 3)
  lock:security { io = "keyboard_only", mitm = true }
  local shown
  lock:agent { enter = function() return nil end }
  local adapter = BGAPIBackend {
    on_passkey_display = function(address, passkey) shown = passkey end,
  }
  adapter:start()
  adapter:send_command("sm_set_parameters", { mitm = 1, min_key_size = 7, io_capabilities = 0 })   -- display only
  local device = adapter:connect(LOCK)
  lock:script(function()
    local link = lock:connections()[1]
    expect(link:wait_question(s(10))):equals("enter")
    while not shown do sleep(ms(10)) end
    link:enter_passkey(shown)
  end)
  device:bond()
  expect(device.encrypted):is_true()
  device:char_write(0xAA01, "open")
  adapter:stop()
end)
