-- A board advertises as "LoPy" and tells of clients that come and go.
-- The Bluetooth class of MicroPython boards: the examples of callback() and events().
-- SPDX-License-Identifier: MIT
local lopy  = device { name = "lopy",  address = "24:0A:C4:00:00:02" }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01" }

local printed = {}

local function conn_cb(bt_o)
  local events = bt_o:events()   -- returns the flags and clears them
  if events & Bluetooth.CLIENT_CONNECTED ~= 0 then
    printed[#printed + 1] = "Client connected"
  elseif events & Bluetooth.CLIENT_DISCONNECTED ~= 0 then
    printed[#printed + 1] = "Client disconnected"
  end
end

local function begin()
  local bluetooth = Bluetooth(lopy, { privacy = false })
  bluetooth:set_advertisement { name = "LoPy", service_uuid = "1234567890123456" }
  bluetooth:callback {
    trigger = Bluetooth.CLIENT_CONNECTED | Bluetooth.CLIENT_DISCONNECTED,
    handler = conn_cb,
  }
  bluetooth:advertise(true)
  return bluetooth
end

scenario("clients come and go", function()
  local bluetooth = begin()
  local adv = phone:scan { name = "LoPy", timeout = s(2) }
  -- The octets as they are sent: the first one is the last of the written form.
  expect(adv.services):equals { "36353433-3231-3039-3837-363534333231" }
  local conn = phone:connect(adv)
  sleep(ms(100))
  expect(printed):equals { "Client connected" }
  expect(bluetooth.client_connected):is_true()
  -- Advertising stops when a client has connected, and starts again when it has gone.
  expect(phone:scan_all { name = "LoPy", timeout = s(1) }):has_length(0)
  conn:disconnect()
  sleep(ms(100))
  expect(printed):equals { "Client connected", "Client disconnected" }
  expect(phone:scan_all { name = "LoPy", timeout = s(1) }):has_length(1)
  expect(bluetooth:events()):named("events that are left"):equals(0)
end)

scenario("the board closes the connection", function()
  local bluetooth = begin()
  local conn = phone:connect(lopy)
  sleep(ms(500))
  bluetooth:disconnect_client()
  local reason = conn:wait_disconnected(s(1))
  expect(reason):equals(0x13)
  sleep(ms(100))
  expect(printed):equals { "Client connected", "Client disconnected" }
  expect_error(function() bluetooth:disconnect_client() end, "Not connected")
end)

scenario("a handler may wait", function()
  local bluetooth = begin()
  bluetooth:callback(Bluetooth.CLIENT_CONNECTED, function(seconds)
    sleep(s(seconds))
    bluetooth:disconnect_client()
  end, 2)
  local conn = phone:connect(lopy)
  local before = now()
  conn:wait_disconnected(s(5))
  expect(now() - before):at_least(s(1.9)):at_most(s(2.3))
end)
