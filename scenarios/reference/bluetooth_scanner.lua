-- A board prints the addresses, names and manufacturer data of those that advertise; an iBeacon is among them.
-- The Bluetooth class of MicroPython boards: the examples of get_adv(), resolve_adv_data(), set_advertisement().
-- SPDX-License-Identifier: MIT
local beacon  = device { name = "beacon",  address = "24:0A:C4:00:00:0B" }
local board   = device { name = "board",   address = "24:0A:C4:00:00:01" }
local speaker = device { name = "speaker", address = "24:0A:C4:00:00:05" }

local function hexlify(octets)
  return (hex(octets):gsub(" ", ""))
end

local function advertise_beacon()
  beacon:advertise {
    ibeacon = { uuid = "e2c56db5-dffb-48d2-b060-d0f5a71096e0", major = 1, minor = 2 },
    connectable = false,
    interval = s(1),
  }
end

local function advertise_name()
  local bt = Bluetooth(speaker, { privacy = false })
  bt:set_advertisement { name = "advert", manufacturer_data = "lopy_v1" }
  bt:set_advertisement_params { adv_int_min = 0x640, adv_int_max = 0x640 }
  bt:advertise(true)
  return bt
end

scenario("the address of an advertiser in hexadecimal", { own_air = true }, function()
  advertise_beacon()
  local bluetooth = Bluetooth(board)
  bluetooth:start_scan(20)   -- scan for 20 seconds
  local adv = bluetooth:get_adv()
  while not adv do
    sleep(ms(50))
    adv = bluetooth:get_adv()
  end
  expect(hexlify(adv.mac)):equals("240ac400000b")
  expect(adv.addr_type):equals(Bluetooth.PUBLIC_ADDR)
  expect(adv.adv_type):equals(Bluetooth.NON_CONN_ADV)
  expect(adv.rssi):at_least(-30):at_most(-10)
  expect(adv.data):has_length(30)
  expect(adv[1]):equals(adv.mac)
  expect(adv[5]):equals(adv.data)
  bluetooth:stop_scan()
  expect(bluetooth:isscanning()):is_false()
end)

scenario("names and manufacturer data, for 20 seconds", { own_air = true }, function()
  advertise_beacon()
  advertise_name()
  local bluetooth = Bluetooth(board)
  local names, data, heard = {}, {}, 0
  local before = now()
  bluetooth:start_scan(20)
  while bluetooth:isscanning() do
    local adv = bluetooth:get_adv()
    if adv then
      heard = heard + 1
      -- The complete name, if there is one.
      local name = bluetooth:resolve_adv_data(adv.data, Bluetooth.ADV_NAME_CMPL)
      if name then
        names[name] = hexlify(adv.mac)
      end
      -- Manufacturer data: an iBeacon's are sent here.
      local mfg_data = bluetooth:resolve_adv_data(adv.data, Bluetooth.ADV_MANUFACTURER_DATA)
      if mfg_data then
        data[hexlify(mfg_data)] = hexlify(adv.mac)
      end
    else
      sleep(ms(50))
    end
  end
  expect(now() - before):at_least(s(20)):at_most(s(20.1))
  expect(heard):named("30 ms of each 50 are listened to"):at_least(15)
  expect(names):equals { advert = "240ac4000005" }
  expect(data):equals {
    ["4c000215e2c56db5dffb48d2b060d0f5a71096e000010002c5"] = "240ac400000b",
    [hexlify("lopy_v1")] = "240ac4000005",
  }
end)

scenario("there is room for sixteen", function()
  advertise_name():set_advertisement_params { adv_int_min = 0x20, adv_int_max = 0x20 }
  local bluetooth = Bluetooth(board)
  bluetooth:start_scan(-1)
  sleep(s(2))
  bluetooth:stop_scan()
  expect(bluetooth.dropped):at_least(20)
  local advs = bluetooth:get_advertisements()
  expect(advs):has_length(16)
  expect(bluetooth:resolve_adv_data(advs[1].data, Bluetooth.ADV_NAME_CMPL)):equals("advert")
  expect(bluetooth:get_adv()):is_nil()
end)
