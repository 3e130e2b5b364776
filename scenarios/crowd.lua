-- A scanner among fifty advertisers, which talk into each other's words, finds every one of them.
-- Core v5.4, Vol 6, Part B, 4.4.2.2 (advDelay keeps collisions from recurring) and 4.4.3.
-- SPDX-License-Identifier: MIT
local CROWD = 50

local names = {}
local crowd = {}
for number = 1, CROWD do
  local name = string.format("beacon-%02d", number)
  names[number] = name
  crowd[number] = device { name = name }
end
local scanner = device { name = "scanner" }

local function found_names(advs)
  local found = {}
  for index, adv in ipairs(advs) do
    found[index] = adv.name
  end
  table.sort(found)
  return found
end

local function advertise_all(options)
  for number, beacon in ipairs(crowd) do
    options.name = names[number]
    beacon:advertise(options)
  end
end

scenario("a passive scanner finds each of fifty beacons", function()
  advertise_all { connectable = false, interval = ms(100) }
  local before = radio_stats()
  local advs = scanner:scan_all { active = false, timeout = s(2) }
  expect(found_names(advs)):equals(names)
  local after = radio_stats()
  expect(after.collided - before.collided):named("collisions"):above(0)
  -- Each sends 19 times in two seconds on the channel that is listened to; one in three is drowned.
  expect(after.heard - before.heard):named("packets heard"):above(10 * CROWD):below(19 * CROWD)
end)

scenario("an active scanner backs off where answers are lost", function()
  advertise_all { interval = ms(100), scan_response = "\x04\x16\x0F\x18\x64" }
  local advs = scanner:scan_all { timeout = s(3) }
  expect(found_names(advs)):equals(names)
  local answered = 0
  for _, adv in ipairs(advs) do
    if adv.scan_response then
      answered = answered + 1
    end
  end
  -- Two lost answers double the time to the next question, so not everybody is asked in three seconds.
  expect(answered):named("devices that were asked"):at_least(CROWD // 5)
  expect(radio_stats().collided):named("collisions"):above(0)
end)
