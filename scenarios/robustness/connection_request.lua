-- CONNECT_INDs that no link can come of are ignored, and the advertiser goes on.
-- Core v5.4, Vol 6, Part B, 2.3.3.1; SweynTooth: invalid requests and channel maps (CVE-2019-19193, CVE-2020-10069).
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local RIGHT = {
  access_address = 0x71764129, win_size = 1, win_offset = 0, interval = 24, latency = 0, timeout = 42,
  map = "\xff\xff\xff\xff\x1f", hop = 7,
}

local WRONG = {
  { name = "an interval of 0",                   interval = 0 },
  { name = "an interval of 6.25 ms",             interval = 5, win_size = 1 },
  { name = "an interval over 4 s",               interval = 3201, timeout = 3200 },
  { name = "the longest interval",               interval = 0xFFFF, timeout = 0xFFFF },
  { name = "a timeout of 0",                     timeout = 0 },
  { name = "a timeout of 90 ms",                 timeout = 9, interval = 6 },
  { name = "a timeout over 32 s",                timeout = 3201 },
  { name = "a timeout of two intervals",         timeout = 12, interval = 48 },
  { name = "a latency that outlasts the timeout", latency = 7 },
  { name = "a latency of 500",                   latency = 500, timeout = 3200, interval = 6 },
  { name = "the highest latency",                latency = 0xFFFF },
  { name = "no channels",                        map = "\0\0\0\0\0" },
  { name = "one channel",                        map = "\x01\0\0\0\0" },
  { name = "reserved channels alone",            map = "\0\0\0\0\xe0" },
  { name = "a hop of 0",                         hop = 0 },
  { name = "a hop of 4",                         hop = 4 },
  { name = "a hop of 17",                        hop = 17 },
  { name = "a hop of 31",                        hop = 31 },
  { name = "no transmit window",                 win_size = 0 },
  { name = "a transmit window over 10 ms",       win_size = 9 },
  { name = "a transmit window of an interval",   win_size = 6, interval = 6 },
  { name = "an offset over the interval",        win_offset = 25 },
  { name = "33 octets",                          cut = 1 },
  { name = "no octets",                          cut = 34 },
  { name = "35 octets",                          more = "\0" },
  { name = "another device's address",           adv_a = "\1\2\3\4\5\6" },
  { name = "the other kind of address",          adv_a_kind = 0x80 },
}

local function connect_ind(adv, case)
  local function field(name)
    return case[name] or RIGHT[name]
  end
  local adv_a_kind = (adv:byte(1) & 0x40) << 1 ~ (case.adv_a_kind or 0)
  local payload = "\x01\x00\x00\x00\x00\xc0" .. (case.adv_a or adv:sub(3, 8)) .. string.pack(
    "<I4 I3 I1 I2 I2 I2 I2", field "access_address", 0xABCDEF, field "win_size", field "win_offset",
    field "interval", field "latency", field "timeout") .. field "map" .. string.char(field "hop" | 0xE0)
  payload = payload:sub(1, #payload - (case.cut or 0)) .. (case.more or "")
  return string.char(0x45 | adv_a_kind, #payload) .. payload
end

-- Answers the next ADV_IND with it.
local function attack(case)
  local sent = false
  tester:hear { channel = 37 }
  tester:on_heard(function(packet)
    if not sent and packet.type == "ADV_IND" then
      tester:reply(packet, { pdu = connect_ind(packet.pdu, case) })
      sent = true
    end
    return true
  end)
  sleep(ms(70))
  tester:on_heard(nil)
  expect(sent):named(case.name .. ": whether it was sent"):is_true()
  return #victim:connections()
end

scenario("nonsense is ignored", function()
  local open = ll.open_value(victim, "W")
  for _, case in ipairs(WRONG) do
    victim:advertise { interval = ms(50) }
    expect(attack(case)):named(case.name .. ": links"):equals(0)
    expect(victim.advertising):named(case.name .. ": advertising goes on"):is_true()
  end
  tester:hear_nothing()
  smp.honest_peer(tester, victim, "initiator", { open = open })
end)

-- What all the others differ from in one respect; then nobody is there, and the link fails to be established.
scenario("and the same without nonsense is not", function()
  victim:advertise { interval = ms(50) }
  expect(attack { name = "right" }):equals(1)
  expect(victim:wait_connected(0):wait_disconnected(s(1))):equals(0x3E)
end)
