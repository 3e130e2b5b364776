-- A program connects to a heart-rate sensor for speed and for little power, looks through it, reads, writes and subscribes.
-- pygatt's BGAPI backend: the examples of connect(), its ranges, discover_characteristics(), get_rssi(), what goes wrong.
-- SPDX-License-Identifier: MIT
local sensor = device { name = "sensor", address = "01:23:45:67:89:AB" }
local stick  = dongle { name = "stick",  address = "00:07:80:00:00:01", port = "/dev/ttyACM0" }

local PEER = "01:23:45:67:89:AB"
local LONG = "0000aa01-1234-5678-9abc-def012345678"

local function furnish()
  local service = sensor:service(0x180D)
  local rate = service:characteristic { uuid = 0x2A37, properties = "read, notify, indicate", value = "\x00\x3c" }
  local place = service:characteristic { uuid = 0x2A38, properties = "read, write, write_without_response", value = "\x01" }
  local note = service:characteristic { uuid = LONG, properties = "read, write", value = string.rep("x", 60) }
  sensor:advertise { name = "Heart Rate", interval = ms(200) }
  return rate, place, note
end

scenario("connections for speed and for little power", { own_air = true }, function()
  local rate = furnish()
  local adapter = BGAPIBackend()
  adapter:start()

  -- Low-latency connection for real-time applications.
  local device = adapter:connect(PEER, { interval_min = 6, interval_max = 12, supervision_timeout = 100, latency = 0 })
  expect(device.connected):is_true()
  expect(device.address):equals(PEER)
  expect(device.address_type):equals(BLEAddressType.public)
  expect(device.interval):at_least(6):at_most(12)
  expect(device.supervision_timeout):equals(100)
  expect(device.latency):equals(0)
  expect(adapter:connect(PEER)):equals(device)   -- connected already
  device:disconnect()
  expect(device.connected):is_false()

  -- Power-optimized connection.
  sensor:advertise { name = "Heart Rate", interval = ms(200) }
  expect(adapter:connect(PEER, { interval_min = 80, interval_max = 120, supervision_timeout = 400, latency = 4 })):equals(device)
  expect(device.interval):at_least(80):at_most(120)
  expect(device.supervision_timeout):equals(400)
  expect(device.latency):equals(4)
  adapter:stop()
  expect(device.connected):is_false()
end)

scenario("what there is, and its values", { own_air = true }, function()
  local rate, place, note = furnish()
  local adapter = BGAPIBackend()
  adapter:start()
  local device = adapter:connect(PEER, { interval_min = 6, interval_max = 12 })

  local characteristics = device:discover_characteristics()
  expect(characteristics[0x2A37].handle):equals(rate.handle)
  expect(characteristics[0x2A37].uuid):equals(0x2A37)
  expect(characteristics[0x2A37].descriptors):equals { [0x2902] = rate.handle + 1 }
  expect(characteristics[0x2A38].descriptors):equals {}
  expect(characteristics[LONG].handle):equals(note.handle)
  local again = adapter:discover_characteristics(device.connection_handle, { timeout = 10 })
  expect(again[0x2A38].handle):equals(place.handle)

  expect(device:char_read(0x2A37)):equals("\x00\x3c")
  expect(device:char_read(LONG)):equals(string.rep("x", 22))
  expect(device:char_read_long(LONG)):equals(string.rep("x", 60))
  device:char_write(0x2A38, "\x02")
  expect(place:next_write(s(1))):equals("\x02")
  device:char_write(0x2A38, "\x03", { wait_for_response = false })
  expect(place:next_write(s(1))):equals("\x03")
  device:char_write(LONG, string.rep("y", 50))
  expect(note:value()):equals(string.rep("y", 50))
  expect_error(function() device:char_write(0x2A38, string.rep("z", 21), { wait_for_response = false }) end,
    "octets of value is 0 to 20, got 21")
  expect(device:get_rssi()):at_least(-40):at_most(-10)

  -- A value that the server refuses, and a characteristic that there is not.
  local err = expect_error(function() device:char_write(0x2A37, "\x00\x48") end, "BGAPIError: Write Not Permitted")
  expect(err.code):equals(0x0403)
  expect_error(function() device:char_read(0x2A39) end, "there is no characteristic 2a39")
  device:disconnect()
  expect_error(function() device:get_rssi() end, "NotConnectedError")
  adapter:stop()
end)

scenario("notifications and indications", { own_air = true }, function()
  local rate = furnish()
  local gone = {}
  local adapter = BGAPIBackend { on_disconnected = function(address, reason) table.insert(gone, { address, reason }) end }
  adapter:start()
  local device = adapter:connect(PEER, { interval_min = 6, interval_max = 12 })
  local came = {}
  local function callback(handle, value)
    table.insert(came, { handle, value })
  end

  device:subscribe(0x2A37, { callback = callback })
  expect(rate:notify("\x00\x48")):equals(1)
  sleep(ms(100))
  expect(came):equals { { rate.handle, "\x00\x48" } }

  device:subscribe(0x2A37, { callback = callback, indication = true })
  expect(rate:indicate("\x00\x49")):equals(1)   -- confirmed by the dongle
  expect(came[2]):equals { rate.handle, "\x00\x49" }

  device:unsubscribe(0x2A37)
  expect(rate:notify("\x00\x4a")):equals(0)
  sleep(ms(100))
  expect(came):has_length(2)
  sensor:connections()[1]:disconnect()
  sleep(s(1))
  expect(gone):equals { { PEER, 0x0213 } }
  expect(device.connected):is_false()
  adapter:stop()
end)

scenario("what goes wrong", { own_air = true }, function()
  local adapter = BGAPIBackend()

  -- Protocol-level errors.
  local ok, err = pcall(function() BGAPIBackend({ serial_port = "/dev/ttyACM1" }):start() end)
  expect(err.name):equals(BGAPIError)

  -- Nobody there: not reached, because the time was over.
  adapter:start()
  local before = now()
  ok, err = pcall(function() return adapter:connect(PEER, { timeout = 5 }) end)
  expect(now() - before):at_least(s(5)):at_most(s(5.2))
  expect(ok):is_false()
  expect(err.layer):equals("bgapi")
  expect(err.name):equals(NotConnectedError)
  expect(err.cause):equals(ExpectedResponseTimeout)   -- Connection timeout - device may be out of range

  -- The dongle has nothing to say.
  ok, err = pcall(function() return adapter:expect_any({ "gap_scan_response" }, { timeout = 1 }) end)
  expect(err.name):equals(ExpectedResponseTimeout)
  expect(err.cause):is_false()

  local function refused(what, text)
    expect_error(function() adapter:connect(PEER, what) end, "BGAPIError: " .. text)
  end
  refused({ interval_min = 5 }, "interval_min is 6 to 3200, got 5")
  refused({ interval_min = 3201 }, "interval_min is 6 to 3200, got 3201")
  refused({ interval_max = 3201 }, "interval_max is 6 to 3200, got 3201")
  refused({ interval_min = 80, interval_max = 79 }, "interval_max is 80 to 3200, got 79")
  refused({ supervision_timeout = 9 }, "supervision_timeout is 10 to 3200, got 9")
  refused({ supervision_timeout = 3201 }, "supervision_timeout is 10 to 3200, got 3201")
  refused({ latency = -1 }, "latency is 0 to 500, got -1")
  refused({ latency = 501 }, "latency is 0 to 500, got 501")
  refused({ timeout = 3601 }, "timeout is 0 to 3600 s, got 3601 s")

  -- 4 s is more than a supervision timeout of 1 s can bear: the dongle refuses.
  refused({ interval_min = 3200, interval_max = 3200 }, "")
  adapter:stop()
end)

scenario("the peer vanishes", { own_air = true }, function()
  furnish()
  local adapter = BGAPIBackend()
  adapter:start()
  local device = adapter:connect(PEER, { interval_min = 6, interval_max = 12 })
  device:discover_characteristics()
  sensor:power_off()
  local before = now()
  expect_error(function() device:char_read(0x2A37) end, "NotConnectedError")
  expect(now() - before):at_most(s(1.2))
  adapter:stop()
end)

scenario("a random address", { own_air = true }, function()
  local tag = device { name = "tag", address = "C0:00:00:00:18:0D" }
  tag:advertise { name = "Tag", interval = ms(200) }
  local adapter = BGAPIBackend()
  adapter:start()
  expect(adapter:scan({ timeout = 1 })[1].address_type):equals(BLEAddressType.random)

  -- Under a public address of these digits there is nobody.
  expect_error(function() adapter:connect("C0:00:00:00:18:0D", { timeout = 1 }) end, NotConnectedError)
  local device = adapter:connect("C0:00:00:00:18:0D", { address_type = BLEAddressType.random })
  expect(device.address_type):equals("random")
  expect(device:char_read(0x2A00)):equals("tag")
  adapter:stop()
end)
