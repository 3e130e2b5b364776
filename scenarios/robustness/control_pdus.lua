-- Control PDUs that do not exist, are cut, too long, or from the wrong side: LL_UNKNOWN_RSP, and nothing changes.
-- Core v5.4, Vol 6, Part B, 2.4.2; field bugs of link layers that took the length from the air for granted.
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

-- Name, opcode, right octets of CtrData; and who must not send it.
local REQUESTS = {
  { "LL_CONNECTION_UPDATE_IND", 0x00, 11, "peripheral" },
  { "LL_CHANNEL_MAP_IND",       0x01, 7,  "peripheral" },
  { "LL_TERMINATE_IND",         0x02, 1 },
  { "LL_ENC_REQ",               0x03, 22, "peripheral" },
  { "LL_ENC_RSP",               0x04, 12, "central" },
  { "LL_START_ENC_REQ",         0x05, 0,  "central" },
  { "LL_FEATURE_REQ",           0x08, 8,  "peripheral" },
  { "LL_PAUSE_ENC_REQ",         0x0A, 0,  "peripheral" },
  { "LL_VERSION_IND",           0x0C, 5 },
  { "LL_PERIPHERAL_FEATURE_REQ", 0x0E, 8, "central" },
  { "LL_CONNECTION_PARAM_REQ",  0x0F, 23 },
  { "LL_CONNECTION_PARAM_RSP",  0x10, 23, "central" },
  { "LL_PING_REQ",              0x12, 0 },
  { "LL_LENGTH_REQ",            0x14, 8 },
  { "LL_PHY_REQ",               0x16, 2 },
  { "LL_PHY_RSP",               0x17, 2,  "central" },
  { "LL_PHY_UPDATE_IND",        0x18, 4,  "peripheral" },
  { "LL_MIN_USED_CHANNELS_IND", 0x19, 2,  "central" },
}
-- Reserved in this version, or of features that the victim does not claim.
local UNKNOWN = { 0x1A, 0x1B, 0x1F, 0x24, 0x2B, 0x80, 0xFF }

local function unknown(link, opcode, data, what)
  link:control(opcode, data)
  local answer = link:next(s(1))
  expect(answer.control):named(what):equals("LL_UNKNOWN_RSP")
  expect(answer.data):named(what .. ": of what"):equals(string.char(opcode))
end

local function attack(link, open)
  for _, row in ipairs(REQUESTS) do
    local name, opcode, octets, not_from = table.unpack(row)
    if not_from == link.role then
      unknown(link, opcode, string.rep("\0", octets), name .. " from the wrong side")
    elseif octets > 0 then
      unknown(link, opcode, string.rep("\0", octets - 1), name .. " that is cut")
    end
    unknown(link, opcode, string.rep("\0", math.min(octets + 1, 26)), name .. " that is too long")
  end
  for _, opcode in ipairs(UNKNOWN) do
    unknown(link, opcode, "", "a control PDU without a name")
  end
  link:send(3, "")
  ll.goes_on(link, open.handle, "W", "a control PDU without even an opcode")
end

scenario("a peripheral says what it does not know", function()
  local open = ll.open_value(victim, "W")
  local link = ll.connect(tester, victim)
  attack(link, open)
  ll.leave(link)
end)

scenario("a central says what it does not know", function()
  attacks.survives(tester, victim, "responder", attack)
end)

-- Answers cannot go out as long as nothing is acknowledged: then the device takes nothing more, and forgets nothing.
scenario("requests without end", function()
  local open = ll.open_value(victim, "W")
  local link, conn = ll.connect(tester, victim)
  link:hold(true)
  for _ = 1, 20 do
    link:control("LL_PING_REQ")
  end
  sleep(ms(15))
  expect(link.pending):named("what was not taken"):above(0)
  expect(conn.connected):is_true()
  link:hold(false)
  for number = 1, 20 do
    expect(link:next(s(1)).control):named("answer " .. number):equals("LL_PING_RSP")
  end
  ll.goes_on(link, open.handle, "W", "after that")
  ll.leave(link)
  smp.honest_peer(tester, victim, "initiator", { open = open })
end)
