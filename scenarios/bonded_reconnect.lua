-- Two bonded devices meet again under private addresses, encrypt without pairing, and find out when one has forgotten.
-- Core v5.4, Vol 3, Part C, 10.3.1 and 10.7 (privacy), Vol 6, Part B, 5.1.3.1 (LL_REJECT_IND: PIN or Key Missing).
-- SPDX-License-Identifier: MIT
local SERVICE, RATE = 0x180D, 0x2A37

local privacy = { timeout = s(60) }
local sensor = device { name = "sensor", privacy = privacy }
local phone = device { name = "phone", privacy = privacy }

local rate

local function advertise()
  sensor:advertise { name = "Sensor", interval = ms(50) }
end

local function install()
  rate = sensor:service(SERVICE):characteristic {
    uuid = RATE, properties = "read, notify", value = "\x00\x48", read_level = 2,
  }
  advertise()
end

-- Under an address that means nothing to the phone yet.
local function meet()
  return phone:connect(phone:scan { name = "Sensor", timeout = s(2) })
end

-- Ends when both ends have all keys, and the connection is gone on both sides.
local function bond()
  local conn = meet()
  local there = sensor:connections()[1]
  conn:pair()
  there:wait_pairing(s(1))
  return conn, there
end

local function leave(conn, there)
  conn:disconnect()
  there:wait_disconnected(s(1))
end

-- By its identity: which address it has now is for the phone to find out.
local function meet_again()
  advertise()
  local conn = phone:connect(sensor, { timeout = s(5) })
  return conn, sensor:wait_connected(s(1))
end

-- Resolvable private addresses have 01 as their top bits.
local function private(address)
  return tonumber(address:sub(1, 2), 16) >> 6 == 1
end

local function reconnect()
  install()
  local conn, there = bond()
  conn:characteristic(SERVICE, RATE):subscribe()
  local before = { conn.own_address, there.own_address }
  leave(conn, there)

  sleep(privacy.timeout)
  conn, there = meet_again()
  for index, now_known_as in ipairs { conn.own_address, there.own_address } do
    expect(private(now_known_as)):named(now_known_as .. " is private"):is_true()
    expect(now_known_as):differs(before[index])
  end
  expect(conn.identity):equals(sensor.address)
  expect(there.identity):equals(phone.address)
  expect(conn.bonded):is_true()
  expect(conn.encrypted):is_false()
  expect_error(function() conn:read(rate.handle) end, "Insufficient Encryption")

  expect(conn:secure(2)):equals(2)
  there:wait_security(2, s(1))
  expect(conn:read(rate.handle)):equals("\x00\x48")
  -- The server remembers what the phone has subscribed to.
  expect(rate:notify("\x00\x49")):named("clients"):equals(1)
  sleep(ms(100))
end

scenario("both are known again under other addresses, and encrypt without pairing", function()
  reconnect()
end)

scenario("the same where the hosts make and resolve the addresses", function()
  for _, held in ipairs { sensor, phone } do
    held:privacy { timeout = privacy.timeout, by_host = true }
  end
  reconnect()
end)

scenario("a phone that has forgotten pairs anew", function()
  install()
  leave(bond())
  phone:forget()
  advertise()
  local conn, there = bond()
  expect(conn.encrypted):is_true()
  expect(sensor:bonds()):has_length(1)
  expect(conn:read(rate.handle)):equals("\x00\x48")
  leave(conn, there)
end)

scenario("a phone whose sensor has forgotten is told, and decides", function()
  install()
  leave(bond())
  sensor:forget()
  local conn = meet_again()
  local err = expect_error(function() conn:secure(2) end, "PIN or Key Missing")
  expect(err.layer):equals("hci")
  expect(phone:bonds()):has_length(1)
end)
