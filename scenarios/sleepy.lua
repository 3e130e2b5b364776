-- A sensor that sleeps through most events finds the phone again while both know how wrong their clocks are.
-- Core v5.4, Vol 6, Part B, 4.2.2 (sleep clock accuracy), 4.2.4 (window widening), 4.5.1 (peripheral latency).
-- SPDX-License-Identifier: MIT
local CONNECTION_TIMEOUT = 0x08
local INTERVAL, LATENCY, TIMEOUT = ms(100), 4, s(4)

-- A sensor with that clock, and a phone whose own clock loses what the sensor's gains.
local function pair(clock)
  local sensor = device {
    name = "sensor", address = "C0:00:00:00:18:09", drift = clock.drift, sca = clock.claim,
  }
  local phone = device { name = "phone", address = "00:1B:DC:00:00:01", drift = -40, sca = 50 }
  local value = sensor:service(0xFFE0):characteristic { uuid = 0xFFE2, properties = "notify" }
  sensor:advertise { interval = ms(20) }
  local conn = phone:connect(sensor, {
    interval = INTERVAL, latency = clock.latency, supervision_timeout = TIMEOUT,
  })
  local values = conn:characteristic(0xFFE0, 0xFFE2):subscribe()
  sleep(s(1))
  return conn, value, values
end

local function expect_notifications(value, values, count)
  for i = 1, count do
    sleep(s(5))
    local sent = now()
    value:notify("value " .. i)
    expect(values:next(s(1))):equals("value " .. i)
    -- Who has something to say does not sleep until it must.
    expect(now() - sent):named("time to arrive"):at_most(2 * INTERVAL)
  end
end

scenario("80 ppm apart, as both have said: the link lives through a minute of latency 4", function()
  local conn, value, values = pair { drift = 40, claim = 50, latency = LATENCY }
  local before = radio_stats().sent
  expect_notifications(value, values, 12)
  expect(conn.latency):equals(LATENCY)
  expect(conn.connected):is_true()
  -- The phone sends in each of 600 events, the sensor in about every fifth.
  expect(radio_stats().sent - before):named("packets"):at_least(600 + 120):at_most(600 + 180)
  conn:disconnect()
end)

scenario("a clock that is bad, and said to be, does no harm", function()
  local conn, value, values = pair { drift = 200, claim = 250, latency = LATENCY }
  expect_notifications(value, values, 2)
  expect(conn.connected):is_true()
  conn:disconnect()
end)

scenario("a clock that is worse than it is said to be loses the link when it sleeps long", function()
  local conn, value, values = pair { drift = 200, claim = 50, latency = 0 }
  expect_notifications(value, values, 2)
  local asked = now()
  conn:update { latency = LATENCY }
  expect(conn:wait_disconnected(s(20))):equals(CONNECTION_TIMEOUT)
  expect(now() - asked):above(TIMEOUT)
end)
