-- Three observers at different distances hear an iBeacon, fainter the farther; nobody can connect.
-- Core v5.4, Vol 3, Part C, 9.1.1 and 9.3.2; Apple's Proximity Beacon specification.
-- SPDX-License-Identifier: MIT
local UUID = "e2c56db5-dffb-48d2-b060-d0f5a71096e0"

local beacon = device { name = "beacon", address = "C0:00:00:00:BE:AC", position = { x = 0 } }
local near   = device { name = "near",   position = { x = 1 } }
local middle = device { name = "middle", position = { x = 5 } }
local far    = device { name = "far",    position = { x = 20 } }

-- Every advertisement of one second, as the observer's own script hears it.
local function listen(observer)
  return observer:script(function()
    return observer:scan_all { active = false, address = beacon, timeout = s(1) }
  end)
end

scenario("three observers hear a beacon that nobody can connect to", function()
  beacon:advertise {
    ibeacon = { uuid = UUID, major = 1, minor = 2, measured_power = -59 },
    connectable = false,
    interval = ms(100),
  }

  local observers = { near, middle, far }
  local ears = {}
  for index, observer in ipairs(observers) do
    ears[index] = listen(observer)
  end

  local rssi = {}
  for index, observer in ipairs(observers) do
    local heard = ears[index]:join()
    expect(heard):named(observer.name):has_length(1)
    local adv = heard[1]
    expect(adv.type):equals("ADV_NONCONN_IND")
    expect(adv.ibeacon):equals { uuid = UUID, major = 1, minor = 2, measured_power = -59 }
    expect(adv.connectable):is_false()
    rssi[index] = adv.rssi
  end
  expect(rssi[1]):named("nearer is louder"):above(rssi[2])
  expect(rssi[2]):named("nearer is louder"):above(rssi[3])

  expect_error(function() near:connect(beacon, { timeout = s(2) }) end, "Timed out")
  expect(beacon:connections()):equals {}
end)
