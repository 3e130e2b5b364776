-- A board with two services, whose callbacks change what is read.
-- The Bluetooth class of MicroPython boards: the example of class GATTSCharacteristic, its lost calls put back.
-- SPDX-License-Identifier: MIT
local lopy  = device { name = "lopy",  address = "24:0A:C4:00:00:02" }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01" }

local printed = {}

local function say(...)
  printed[#printed + 1] = string.format(...)
  log(printed[#printed])
end

-- The example: returns what it made.
local function serve()
  local bluetooth = Bluetooth(lopy, { privacy = false })
  bluetooth:set_advertisement { name = "LoPy", service_uuid = "1234567890123456" }

  bluetooth:callback {
    trigger = Bluetooth.CLIENT_CONNECTED | Bluetooth.CLIENT_DISCONNECTED,
    handler = function(bt_o)
      local events = bt_o:events()
      if events & Bluetooth.CLIENT_CONNECTED ~= 0 then
        say("Client connected")
      elseif events & Bluetooth.CLIENT_DISCONNECTED ~= 0 then
        say("Client disconnected")
      end
    end,
  }
  bluetooth:advertise(true)

  local srv1 = bluetooth:service { uuid = "1234567890123456", isprimary = true }
  local chr1 = srv1:characteristic { uuid = "ab34567890123456", value = 5 }
  local char1_read_counter = 0
  chr1:callback {
    trigger = Bluetooth.CHAR_WRITE_EVENT | Bluetooth.CHAR_READ_EVENT,
    handler = function(chr)
      char1_read_counter = char1_read_counter + 1
      local events = chr:events()
      if events & Bluetooth.CHAR_WRITE_EVENT ~= 0 then
        say("Write request with value = %s", chr:value())
      elseif char1_read_counter < 3 then
        say("Read request on char 1")
      else
        return "ABC DEF"
      end
    end,
  }

  local srv2 = bluetooth:service { uuid = 1234, isprimary = true }
  local chr2 = srv2:characteristic { uuid = 4567, value = 0x1234 }
  local char2_read_counter = 0xF0
  chr2:callback {
    trigger = Bluetooth.CHAR_READ_EVENT,
    handler = function()
      char2_read_counter = char2_read_counter + 1
      if char2_read_counter > 0xF1 then
        return char2_read_counter
      end
    end,
  }
  return bluetooth, chr1, chr2
end

local function connect()
  local conn = phone:connect(phone:scan { name = "LoPy", timeout = s(2) })
  local one = conn:characteristic("36353433-3231-3039-3837-363534333231",
                                  "36353433-3231-3039-3837-363534336261")
  local two = conn:characteristic(1234, 4567)
  return conn, one, two
end

scenario("what is read changes from the third time on", function()
  serve()
  local conn, one, two = connect()
  expect(one:read()):equals("\x05")
  expect(one:read()):equals("\x05")
  expect(one:read()):equals("ABC DEF")
  expect(one:read()):equals("ABC DEF")
  -- An integer goes out with its most significant octet first, in as few octets as hold it.
  expect(two:read()):equals("\x12\x34")
  expect(two:read()):equals("\xF2")
  expect(two:read()):equals("\xF3")
  conn:disconnect()
  sleep(ms(100))
  expect(printed):equals {
    "Client connected", "Read request on char 1", "Read request on char 1", "Client disconnected",
  }
end)

scenario("what was written is read", function()
  local _, chr1 = serve()
  local conn, one = connect()
  one:write("hello")
  expect(chr1:value()):equals("hello")
  expect(one:read()):equals("hello")
  -- The counter has counted the write as well.
  expect(one:read()):equals("ABC DEF")
  expect(chr1:value()):equals("ABC DEF")
  conn:disconnect()
  sleep(ms(100))
  expect(printed):equals {
    "Client connected", "Write request with value = hello", "Read request on char 1",
    "Client disconnected",
  }
end)

scenario("who subscribes is told the value, and of each that is set", function()
  local _, _, chr2 = serve()
  local _, _, two = connect()
  local news = two:subscribe()
  expect(news:next(s(1))):equals("\x12\x34")
  expect(chr2.subscribed):equals(Bluetooth.PROP_NOTIFY)
  chr2:value(0x12345)
  expect(news:next(s(1))):equals("\x00\x01\x23\x45")
  chr2:value("text")
  expect(news:next(s(1))):equals("text")
  news:unsubscribe()
  expect(chr2.subscribed):equals(0)
end)
