-- A peer that does not come to the first anchor points, is not there at all, or falls silent for too long.
-- Core v5.4, Vol 6, Part B, 4.5.2 (0x08, and 0x3E within six intervals); Vol 4, Part E, 7.8.13 (cancel).
-- SPDX-License-Identifier: MIT
local sensor = device { name = "sensor", address = "C0:00:00:00:18:09" }
local phone  = device { name = "phone",  address = "00:1B:DC:00:00:02" }

local FAILED_TO_BE_ESTABLISHED = 0x3E
local CONNECTION_TIMEOUT = 0x08

scenario("0x3E three times, then success", function()
  local deaf = {
    { from = phone,  to = sensor, kind = "advertising" },  -- CONNECT_IND itself
    { from = phone,  to = sensor, kind = "data" },
    { from = sensor, to = phone,  kind = "data" },
  }
  for _, rule in ipairs(deaf) do
    sensor:advertise { interval = ms(100) }
    local fault = lose(rule)
    local conn = phone:connect(sensor, { interval = ms(50) })
    local begun = now()
    expect(conn:wait_disconnected(s(1))):equals(FAILED_TO_BE_ESTABLISHED)
    expect(now() - begun):near(6 * ms(50), ms(1))
    sleep(s(5))
    expect(sensor:connections()):has_length(0)
    fault:remove()
  end
  sensor:advertise { interval = ms(100) }
  local conn = phone:connect(sensor, { interval = ms(50) })
  sleep(s(5))
  expect(conn.connected):is_true()
  conn:disconnect()
end)

scenario("connects that are given up at every moment leave nothing behind", function()
  expect_error(function() phone:connect(sensor, { timeout = s(2) }) end, "Timed out")
  local made = 0
  for tenths = 1, 40 do
    sensor:advertise { interval = ms(20) }
    local ok, outcome = pcall(function()
      return phone:connect(sensor, { interval = ms(30), timeout = us(700) * tenths })
    end)
    if ok then
      made = made + 1
      outcome:disconnect()
    else
      expect(outcome.name):equals("Timed out")
      sensor:advertise_stop()
    end
    expect(phone:connections()):has_length(0)
    sleep(ms(50))
    expect(sensor:connections()):has_length(0)
  end
  expect(made):named("connections made"):above(0):below(40)
  sensor:advertise { interval = ms(20) }
  expect(phone:connect(sensor).connected):is_true()
end)

local function link_with(interval)
  sensor:advertise { interval = ms(20) }
  local conn = phone:connect(sensor, { interval = ms(50) })
  local link = sensor:wait_connected(s(1))
  sleep(s(1))
  link:update { interval = interval, supervision_timeout = ms(100) }
  sleep(s(2))
  expect(conn.interval):equals(interval)
  expect(conn.supervision_timeout):equals(ms(100))
  return conn, link
end

scenario("a peer that asks for 100 ms of supervision is lost with three events of 30 ms", function()
  local conn, link = link_with(ms(30))
  lose { from = sensor, to = phone, kind = "data", count = 3 }
  local begun = now()
  expect(conn:wait_disconnected(s(1))):equals(CONNECTION_TIMEOUT)
  expect(now() - begun):above(ms(70)):at_most(ms(101))
  -- The sensor heard three more packets than the phone did, and nothing after.
  expect(link:wait_disconnected(s(1))):equals(CONNECTION_TIMEOUT)
  expect(now() - begun):above(ms(160)):at_most(ms(201))
end)

scenario("and not with three events of 20 ms", function()
  local conn = link_with(ms(20))
  lose { from = sensor, to = phone, kind = "data", count = 3 }
  sleep(s(3))
  expect(conn.connected):is_true()
end)
