-- What goes wrong, one thing at a time: noise, a broken packet, a peer gone, stuck or far, a stranger.
-- Core v5.4, Vol 6, Part B, 4.4.2.4 (directed advertising), 4.5.2 (supervision timeout), 4.5.9 (acknowledgement).
-- SPDX-License-Identifier: MIT
local sensor = device { name = "sensor", address = "C0:00:00:00:18:1A" }
local phone  = device { name = "phone",  address = "00:1B:DC:00:00:01", position = { x = 2 } }

local CONNECTION_TIMEOUT = 0x08
local INTERVAL, TIMEOUT = ms(50), s(1)

local value = sensor:service(0x181A):characteristic {
  uuid = 0x2A6E, properties = "read, write_without_response", value = "\x00\x48",
}

-- Connected, discovered, and nothing under way.
local function connect()
  sensor:advertise { interval = ms(20) }
  local conn = phone:connect(sensor, { interval = INTERVAL, supervision_timeout = TIMEOUT })
  local there = conn:characteristic(0x181A, 0x2A6E)
  sleep(ms(200))
  return conn, there
end

-- Anew after a pause, so that nothing of what was there before is heard.
local function advertise_on(...)
  sensor:advertise_stop()
  sleep(ms(250))
  sensor:advertise { name = "sensor", channels = { ... }, interval = ms(100) }
end

scenario("with noise on channel 37 advertising is heard on 38 and 39 only", function()
  interferer { channel = 37, power = -20, before = s(3) }
  for channel = 38, 39 do
    advertise_on(channel)
    expect(phone:scan({ name = "sensor", timeout = s(1) }).address):equals(sensor.address)
  end
  advertise_on(37)
  local before = radio_stats()
  expect_error(function() phone:scan { name = "sensor", timeout = ms(500) } end, "Timed out")
  local after = radio_stats()
  expect(after.sent):named("sent on 37"):above(before.sent)
  expect(after.heard):named("heard on 37"):equals(before.heard)
  -- All three at once: enough.
  advertise_on(37, 38, 39)
  phone:scan { name = "sensor", timeout = s(1) }
  -- And when the noise is over, 37 is as good as the others.
  sensor:advertise_stop()
  sleep(s(3) - now())
  advertise_on(37)
  phone:scan { name = "sensor", timeout = s(1) }
end)

scenario("the third of five data PDUs is broken, sent again, and all arrive", function()
  local conn, there = connect()
  local before = radio_stats()
  corrupt { from = phone, to = sensor, kind = "data", skip = 2, count = 1 }
  for i = 1, 5 do
    there:write_without_response("value " .. i)
  end
  for i = 1, 5 do
    expect(value:next_write(s(1))):equals("value " .. i)
  end
  expect_error(function() value:next_write(ms(200)) end, "Timed out")
  expect(radio_stats().corrupted - before.corrupted):named("broken packets"):equals(1)
  conn:disconnect()
end)

scenario("a device that vanishes is lost by its silence, comes back and is found again", function()
  local conn = connect()
  sensor:power_off()
  local begun = now()
  expect(conn:wait_disconnected(s(2))):equals(CONNECTION_TIMEOUT)
  expect(now() - begun):above(TIMEOUT - INTERVAL):at_most(TIMEOUT)
  expect_error(function() phone:scan { address = sensor, timeout = ms(500) } end, "Timed out")
  sensor:power_on()
  local again, there = connect()
  expect(there:read()):equals("\x00\x48")
  again:disconnect()
end)

scenario("a peer whose host is stuck keeps the link, and answers when it goes on", function()
  local conn, there = connect()
  sensor:freeze()
  local reading = phone:script(function() return there:read() end)
  sleep(2 * TIMEOUT)
  expect(reading.done):named("answered"):is_false()
  expect(conn.connected):is_true()
  sensor:thaw()
  expect(reading:join(s(1))):equals("\x00\x48")
  conn:disconnect()
end)

scenario("a device that walks away fades until nothing is heard, and comes back", function()
  sensor:advertise { connectable = false, interval = ms(100) }
  local near = phone:scan({ address = sensor }).rssi
  local last = near
  for _, metres in ipairs { 10, 30, 100 } do
    sensor:move { x = metres }
    local rssi = phone:scan({ address = sensor }).rssi
    expect(rssi):named("at " .. metres .. " m"):below(last)
    last = rssi
  end
  sensor:move { x = 10000 }
  expect_error(function() phone:scan { address = sensor, timeout = ms(500) } end, "Timed out")
  sensor:move { x = 0 }
  expect(phone:scan({ address = sensor }).rssi):equals(near)
end)

scenario("a link breaks when its peer walks away", function()
  local conn = connect()
  sensor:move { x = 10000 }
  local begun = now()
  expect(conn:wait_disconnected(s(2))):equals(CONNECTION_TIMEOUT)
  expect(now() - begun):above(TIMEOUT - INTERVAL):at_most(TIMEOUT)
end)

-- A stranger tries in vain for a while, then the phone that is called comes.
for _, cycle in ipairs {
  { name = "high", how = { directed = phone, high_duty = true }, patience = ms(40), soon = ms(30) },
  { name = "low", how = { directed = phone, interval = ms(50) }, patience = ms(400), soon = s(1) },
} do
  scenario("directed advertising at a " .. cycle.name .. " duty cycle is for whom it calls", function()
    local stranger = device { name = "stranger", address = "00:1B:DC:00:00:03" }
    sensor:advertise(cycle.how)
    expect_error(function() stranger:connect(sensor, { timeout = cycle.patience }) end, "Timed out")
    expect_error(function() stranger:scan { address = sensor, timeout = cycle.patience } end, "Timed out")
    expect(sensor.advertising):is_true()
    local begun = now()
    local conn = phone:connect(sensor, { interval = INTERVAL, supervision_timeout = TIMEOUT })
    expect(now() - begun):named("time to connect"):at_most(cycle.soon)
    expect(sensor:wait_connected(s(1)).peer):equals(phone.address)
    expect(sensor.advertising):is_false()
    expect(stranger:connections()):has_length(0)
    conn:disconnect()
  end)
end
