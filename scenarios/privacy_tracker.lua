-- An observer without the IRK cannot link two private addresses; one with it can.
-- Core v5.4, Vol 6, Part B, 1.3.2.2 (resolvable private addresses) and 6.1; Vol 3, Part C, 10.7.
-- SPDX-License-Identifier: MIT
local ADDRESSES = 12
local KEPT_FOR = s(60)

local watch = device { name = "watch", privacy = { timeout = KEPT_FOR } }
local beacon = device { name = "beacon" }
local owner = device { name = "owner" }
local tracker = sniffer { name = "tracker", position = { x = 3 } }

-- Resolvable private addresses have 01 as their top bits.
local function resolvable(address)
  return tonumber(address:sub(1, 2), 16) >> 6 == 1
end

-- Every address that the tracker hears advertise, in order of appearance, until time is up.
local function follow(time)
  local seen, order = {}, {}
  local finish = now() + time
  while now() < finish do
    local ok, packet = pcall(tracker.next, tracker, finish - now())
    if ok and packet.type == "ADV_NONCONN_IND" then
      local address = packet.pdu:sub(3, 8):reverse()
      if not seen[address] then
        seen[address] = { first = packet.time, last = packet.time }
        order[#order + 1] = address
      end
      seen[address].last = packet.time
    end
  end
  return order, seen
end

local function text(address)
  return hex(address):gsub(" ", ":"):upper()
end

scenario("the tracker hears many devices, and the owner one", function()
  -- The owner has the watch's IRK from their bond, so that it knows what the tracker only hears.
  watch:advertise { name = "Watch", interval = ms(200) }
  local conn = owner:connect(owner:scan { name = "Watch", timeout = s(2) })
  local there = watch:wait_connected(s(1))
  conn:pair()
  there:wait_pairing(s(1))
  conn:disconnect()
  there:wait_disconnected(s(1))

  watch:advertise { connectable = false, interval = s(10) }
  local observer = owner:observe {}
  local order, seen = follow(ADDRESSES * KEPT_FOR)

  expect(#order):at_least(ADDRESSES):at_most(ADDRESSES + 1)
  local unrelated = string.rep("\x5a", 16)
  for index, address in ipairs(order) do
    expect(resolvable(text(address))):named(text(address)):is_true()
    -- No address comes back, and none is kept longer than it may be.
    expect(seen[address].last - seen[address].first):at_most(KEPT_FOR)
    if index > 1 then
      expect(seen[address].first):above(seen[order[index - 1]].last)
    end
    -- Of two addresses nothing but the IRK tells that they belong together.
    expect(crypto.rpa_resolves(unrelated, text(address))):is_false()
    expect(crypto.rpa_resolves(watch.irk, text(address))):is_true()
  end
  -- The same air, heard with the bond.
  local known = {}
  while true do
    local ok, adv = pcall(observer.next, observer, ms(0))
    if not ok then
      break
    end
    expect(adv.resolved):is_true()
    known[adv.identity] = true
  end
  expect(known):equals { [watch.address] = true }
end)

scenario("a device without privacy is followed by anybody", function()
  beacon:advertise { connectable = false, interval = s(10) }
  local order = follow(3 * KEPT_FOR)
  expect(order):has_length(1)
  expect(text(order[1])):equals(beacon.address)
end)

scenario("an address that nobody can resolve is new each time", function()
  local earlier = {}
  for _ = 1, ADDRESSES do
    beacon:advertise { connectable = false, interval = ms(400), own_address = "non_resolvable" }
    local order = follow(s(1))
    expect(order):has_length(1)
    local address = text(order[1])
    expect(tonumber(address:sub(1, 2), 16) >> 6):named("the top bits"):equals(0)
    expect(earlier[address]):is_nil()
    earlier[address] = true
    beacon:advertise_stop()
  end
end)
