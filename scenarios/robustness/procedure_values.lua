-- Procedures with values that mean nothing: intervals of 0, empty channel maps, instants long past, lengths of 0.
-- Core v5.4, Vol 6, Part B, 2.4.2, 5.1 and 5.5; the family of invalid channel maps and parameters, within a link.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local ALL = "\xff\xff\xff\xff\x1f"
local INSTANT_PASSED = 0x28
local INVALID_LL_PARAMETERS = 0x1E

local function update(fields)
  return function(link)
    return string.pack("<I1 I2 I2 I2 I2 I2", fields.win_size or 1, fields.win_offset or 0, fields.interval or 6,
      fields.latency or 0, fields.timeout or 42, link.event + (fields.instant or 10))
  end
end

local function channel_map(map, instant)
  return function(link)
    return map .. string.pack("<I2", link.event + (instant or 10) & 0xFFFF)
  end
end

local UPDATES = {
  { "LL_CONNECTION_UPDATE_IND", "an interval of 0",       update { interval = 0 } },
  { "LL_CONNECTION_UPDATE_IND", "an interval over 4 s",   update { interval = 3201, timeout = 3200 } },
  { "LL_CONNECTION_UPDATE_IND", "a timeout of 0",         update { timeout = 0 } },
  { "LL_CONNECTION_UPDATE_IND", "too short a timeout",    update { interval = 48, timeout = 12 } },
  { "LL_CONNECTION_UPDATE_IND", "a latency of 65535",     update { latency = 0xFFFF } },
  { "LL_CONNECTION_UPDATE_IND", "no transmit window",     update { win_size = 0 } },
  { "LL_CONNECTION_UPDATE_IND", "a transmit window of 319 ms", update { win_size = 255 } },
  { "LL_CONNECTION_UPDATE_IND", "an instant that is past", update { instant = -1 } },
  { "LL_CHANNEL_MAP_IND",       "no channels",            channel_map "\0\0\0\0\0" },
  { "LL_CHANNEL_MAP_IND",       "one channel",            channel_map "\x01\0\0\0\0" },
  { "LL_CHANNEL_MAP_IND",       "reserved channels alone", channel_map "\0\0\0\0\xe0" },
  { "LL_CHANNEL_MAP_IND",       "an instant that is past", channel_map(ALL, -1) },
  { "LL_CHANNEL_MAP_IND",       "an instant half the numbers away", channel_map(ALL, 0x8000) },
}

scenario("indications that cannot be followed", function()
  local open = ll.open_value(victim, "W")
  for _, case in ipairs(UPDATES) do
    local opcode, name, data = table.unpack(case)
    local link, conn = ll.connect(tester, victim)
    link:control(opcode, data(link), { follow = false })
    if name:find "instant" then
      ll.ended(link, conn, INSTANT_PASSED, name)
    else
      expect(link:wait_closed(s(1))):named(name):equals(INVALID_LL_PARAMETERS)
      conn:wait_disconnected(s(1))
    end
  end
  smp.honest_peer(tester, victim, "initiator", { open = open })
end)

local RIGHT_LENGTHS = "15 fb 00 90 42 fb 00 90 42"

local REQUESTS = {
  { "LL_CONNECTION_PARAM_REQ", string.rep("\0", 23), "11 0f 1e", "zeros" },
  { "LL_CONNECTION_PARAM_REQ", string.rep("\xff", 23), "11 0f 1e", "ones" },
  { "LL_LENGTH_REQ", string.rep("\0", 8), RIGHT_LENGTHS, "lengths of 0" },
  { "LL_LENGTH_REQ", string.pack("<I2 I2 I2 I2", 26, 327, 26, 327), RIGHT_LENGTHS, "less than the least" },
  { "LL_LENGTH_REQ", string.rep("\xff", 8), RIGHT_LENGTHS, "lengths of 65535" },
  { "LL_PHY_REQ", "\0\0", "17 07 07", "no PHY" },
  { "LL_PHY_REQ", "\xf8\xf8", "17 07 07", "reserved PHYs" },
  { "LL_PHY_UPDATE_IND", "\xf8\xf8\x20\x00", nil, "reserved PHYs at once" },
}

scenario("requests that mean nothing", function()
  local open = ll.open_value(victim, "W")
  for _, case in ipairs(REQUESTS) do
    local opcode, data, answer, name = table.unpack(case, 1, 4)
    local link = ll.connect(tester, victim)
    link:control(opcode, data, { follow = false })
    if answer then
      expect(hex(link:next(s(1)).payload)):named(opcode .. ", " .. name):equals(answer)
    else
      ll.quiet(link, name, ms(300))
    end
    ll.goes_on(link, open.handle, "W", name)
    ll.leave(link)
  end
end)
