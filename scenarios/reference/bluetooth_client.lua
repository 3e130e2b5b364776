-- A board finds "Heart Rate" among those that advertise, and reads every characteristic that can be read.
-- The Bluetooth class of MicroPython boards: the quick usage example, and connect() with an address as text.
-- SPDX-License-Identifier: MIT
local services = require "services"

local sensor = device { name = "sensor", address = "C0:00:00:00:18:0D" }
local board  = device { name = "board",  address = "24:0A:C4:00:00:01" }

local TEMPERATURES = "e2c56db5-dffb-48d2-b060-d0f5a71096e0"
local FAILED = "Error while connecting or reading from the BLE device"

local printed = {}

local function say(...)
  printed[#printed + 1] = string.format(...)
  log(printed[#printed])
end

local function shown(uuid)
  return type(uuid) == "string" and hex(uuid) or string.format("%x", uuid)
end

-- The example. Calls `reading` before it reads.
local function quick_usage(reading)
  local bt = Bluetooth(board)
  bt:start_scan(-1)
  while true do
    local adv = bt:get_adv()
    if adv and bt:resolve_adv_data(adv.data, Bluetooth.ADV_NAME_CMPL) == "Heart Rate" then
      local ok, problem = pcall(function()
        local conn = bt:connect(adv.mac)
        for _, service in ipairs(conn:services()) do
          sleep(ms(50))
          say("Reading chars from service = %s", shown(service:uuid()))
          for _, char in ipairs(service:characteristics()) do
            if char:properties() & Bluetooth.PROP_READ ~= 0 then
              reading(char)
              say("char %s value = %s", shown(char:uuid()), hex(char:read()))
            end
          end
        end
        conn:disconnect()
      end)
      if not ok then
        say(FAILED)
      end
      bt:stop_scan()
      return problem
    end
    sleep(ms(50))
  end
end

local function advertise()
  local heart = services.heart_rate(sensor, { location = 1 })
  services.device_information(sensor, { manufacturer = "Blueroom", model = "HRM-1" })
  sensor:service(TEMPERATURES):characteristic { uuid = 0x2A6E, properties = "read", value = "\x10\x0e" }
  sensor:advertise { name = "Heart Rate", services = { 0x180D }, interval = ms(100) }
  return heart
end

scenario("what can be read is read", function()
  local read = 0
  advertise()
  quick_usage(function() read = read + 1 end)
  expect(printed):contains("Reading chars from service = 180d")
  expect(printed):contains("char 2a38 value = 01")
  expect(printed):contains("Reading chars from service = 180a")
  expect(printed):contains("char 2a29 value = " .. hex("Blueroom"))
  expect(printed):contains("Reading chars from service = e0 96 10 a7 f5 d0 60 b0 d2 48 fb df b5 6d c5 e2")
  expect(printed[#printed]):equals("char 2a6e value = 10 0e")
  expect(#printed):named("lines of five services"):equals(read + 5)
  for _, line in ipairs(printed) do
    expect(line:find("2a37", 1, true)):named("what only notifies"):is_nil()
  end
  expect(board:connections()):has_length(0)
end)

scenario("a sensor without power cannot be read", { own_air = true }, function()
  advertise()
  local problem = quick_usage(function(char)
    if char:uuid() == 0x2A38 then
      sensor:power_off()
    end
  end)
  expect(printed[#printed]):equals(FAILED)
  expect(problem.name):equals("Not connected")
end)

scenario("an address as text, and nobody there", function()
  advertise()
  local bt = Bluetooth(board)
  local before = now()
  local err = expect_error(function() bt:connect("112233eeddff", 2000) end, Bluetooth.timeout)
  expect(err.name):equals(Bluetooth.timeout)
  expect(now() - before):at_least(s(2)):at_most(s(2.1))
  -- Of an address that was never heard nothing is known: it is taken for a public one.
  expect_error(function() bt:connect("c0000000180d", 1000) end, Bluetooth.timeout)
  bt:start_scan(1)
  sleep(s(1))
  local conn = bt:connect("C0:00:00:00:18:0D", 5000)
  expect(conn:isconnected()):is_true()
  conn:disconnect()
  expect(conn:isconnected()):is_false()
end)
