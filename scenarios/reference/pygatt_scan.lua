-- A program starts the dongle that it finds, asks for its address and scans in both ways that its document shows.
-- pygatt's BGAPI backend: the examples of start(), get_mac() and scan(), and the ranges of their arguments.
-- SPDX-License-Identifier: MIT
local sensor = device { name = "sensor", address = "01:23:45:67:89:AB" }
local lock   = device { name = "lock",   address = "01:23:45:67:89:AC", position = { x = 5 } }
local stick  = dongle { name = "stick",  address = "00:07:80:00:00:01", port = "/dev/ttyACM0" }

local function advertise()
  sensor:advertise { name = "Heart Rate", interval = ms(700), scan_response = { tx_power = 0 } }
  lock:advertise { name = "Lock", interval = s(1) }
end

scenario("a dongle is found, or named", function()
  expect(BLED112_VENDOR_ID):equals(0x2458)
  expect(BLED112_PRODUCT_ID):equals(0x0001)
  local adapter = BGAPIBackend()
  adapter:start { reset = true, delay_after_reset_s = 2.0 }
  expect(now()):at_least(s(2)):at_most(s(2.1))
  expect(adapter.started):is_true()
  expect(adapter:get_mac()):equals("00:07:80:00:00:01")

  -- The port is in use now, and there is no other.
  local second = BGAPIBackend { serial_port = "/dev/ttyACM0" }
  expect_error(function() second:start() end, "BGAPIError: the port /dev/ttyACM0 is in use")
  local third = BGAPIBackend { serial_port = "COM9" }
  local ok, err = pcall(function() third:start() end)
  expect(ok):is_false()
  expect(err.name):equals("BGAPIError")
  expect(tostring(err)):contains("there is no port COM9")

  adapter:stop()
  expect(adapter.started):is_false()
  expect_error(function() adapter:get_mac() end, "BGAPIError: not started")
  second:start { reset = false }
  expect(second:get_mac()):equals("00:07:80:00:00:01")
  second:stop()
end)

scenario("scans", { own_air = true }, function()
  local adapter = BGAPIBackend()
  adapter:start()
  advertise()

  -- High-frequency active scan.
  local before = now()
  local devices = adapter:scan { timeout = 15, scan_interval = 50, scan_window = 25, active = true }
  expect(now() - before):at_least(s(15)):at_most(s(15.2))
  expect(devices):has_length(2)
  table.sort(devices, function(a, b) return a.address < b.address end)
  expect(devices[1].address):equals("01:23:45:67:89:AB")
  expect(devices[1].address_type):equals(BLEAddressType.public)
  expect(devices[1].name):equals("Heart Rate")
  expect(devices[1].rssi):above(devices[2].rssi)
  expect(devices[1].scan_response):equals("\x02\x0a\x00")
  expect(devices[1].flags):equals(0x06)
  expect(devices[1].type):equals("ADV_IND")
  expect(devices[2].name):equals("Lock")

  -- Real-time scan callback.
  local count = {}
  adapter:scan {
    timeout = 10,
    scan_cb = function(address, name, rssi, data)
      count[address] = (count[address] or 0) + 1
      log("Found:", address, "(" .. name .. ")", "RSSI:", rssi)
    end,
  }
  expect(count["01:23:45:67:89:AB"]):at_least(8)
  expect(count["01:23:45:67:89:AC"]):at_least(8):at_most(20)   -- an answer to each

  -- Passive: no scan responses.
  expect(adapter:scan({ timeout = 3, active = false, scan_interval = 16, scan_window = 16 })[1].scan_response):is_nil()
  adapter:stop()
end)

scenario("who wants to be found", { own_air = true }, function()
  local adapter = BGAPIBackend()
  adapter:start()
  sensor:advertise { name = "limited", flags = 0x05, interval = ms(100) }
  lock:advertise { name = "hidden", flags = 0x04, interval = ms(100) }
  local function names(mode)
    local found = {}
    for _, device in ipairs(adapter:scan { timeout = 1, discover_mode = mode }) do
      table.insert(found, device.name)
    end
    table.sort(found)
    return found
  end
  expect(names("limited")):equals { "limited" }
  expect(names("general")):equals { "limited" }
  expect(names("observation")):equals { "hidden", "limited" }
  adapter:stop()
end)

scenario("arguments that are refused, by name and range", function()
  local adapter = BGAPIBackend()
  adapter:start()
  local function refused(what, text)
    local err = expect_error(function() adapter:scan(what) end, text)
    expect(err.name):equals("BGAPIError")
    expect(err.code):equals(0x0180)
  end
  refused({ scan_interval = 3 }, "scan_interval is 4 to 16384, got 3")
  refused({ scan_interval = 16385 }, "scan_interval is 4 to 16384, got 16385")
  refused({ scan_window = 76 }, "scan_window is 4 to 75, got 76")
  refused({ scan_interval = 100, scan_window = 3 }, "scan_window is 4 to 100, got 3")
  refused({ timeout = 3601 }, "timeout is 0 to 3600 s, got 3601 s")
  adapter:scan { timeout = 0, scan_interval = 4, scan_window = 4 }
  adapter:scan { timeout = 0, scan_interval = 16384, scan_window = 16384 }
  adapter:disable_advertising()
  adapter:stop()
  expect_error(function() adapter:start { delay_after_reset_s = 3601 } end, "delay_after_reset_s is 0 to 3600 s")
  expect_error(function() adapter:start { receive_queue_timeout = 0 } end, "receive_queue_timeout is 0.001 to 60 s")
end)
