-- A hub holds eight sensors at once; each notifies at its own pace, one leaves, the others do not notice.
-- Core v5.4, Vol 6, Part B, 4.5 (one radio, eight anchor points) and Vol 3, Part G, 4.10.
-- SPDX-License-Identifier: MIT
local SENSORS = 8
local LEAVES = 5

local hub = device { name = "hub" }
local sensors = {}
for number = 1, SENSORS do
  sensors[number] = device { name = "sensor-" .. number }
end

scenario("eight sensors notify a hub, and one of them leaves", function()
  local temperature = {}
  local links = {}
  local streams = {}
  for number, sensor in ipairs(sensors) do
    temperature[number] = sensor:service(0x181A):characteristic {
      uuid = 0x2A6E, properties = "notify",
    }
    sensor:advertise { name = sensor.name, interval = ms(50) }
    links[number] = hub:connect(sensor, { interval = ms(50), supervision_timeout = s(1) })
    streams[number] = links[number]:characteristic(0x181A, 0x2A6E):subscribe()
  end
  expect(hub:connections()):has_length(SENSORS)

  -- Sensor n notifies every n * 100 ms, a running number each time.
  local sent = {}
  for number, sensor in ipairs(sensors) do
    sent[number] = 0
    sensor:script(function()
      while sensor.powered and #sensor:connections() > 0 do
        sent[number] = sent[number] + 1
        temperature[number]:notify(string.pack("I2", sent[number]))
        sleep(ms(100) * number)
      end
    end)
  end

  sleep(s(5))
  local before = sent[LEAVES]
  links[LEAVES]:disconnect()
  expect(links[LEAVES].reason):equals(0x16)
  expect(hub:connections()):has_length(SENSORS - 1)
  sleep(s(5))

  for number, link in ipairs(links) do
    expect(link.connected):named("link " .. number):equals(number ~= LEAVES)
    local last = sent[number]
    for count = 1, last - 1 do
      local value = streams[number]:next(ms(100))
      expect(string.unpack("I2", value)):named("sensor " .. number):equals(count)
    end
  end
  expect(sent[1]):at_least(99)
  expect(sent[LEAVES]):at_most(before + 1)
  expect(radio_stats().collided):equals(0)
end)
