-- LL_VERSION_IND is answered once a connection, whatever comes again; and nobody answers an answer.
-- Core v5.4, Vol 6, Part B, 5.1.5 and 2.4.2.8; two controllers that answer each other's LL_VERSION_IND for ever.
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local VERSION = "\x0b\xff\xff\x00\x00"

local ANSWERS = {
  { opcode = "LL_UNKNOWN_RSP",    data = "\x0c" },
  { opcode = "LL_UNKNOWN_RSP",    data = "\x07" },
  { opcode = "LL_REJECT_IND",     data = "\x1a" },
  { opcode = "LL_REJECT_EXT_IND", data = "\x0c\x1a" },
  { opcode = "LL_PING_RSP",       data = "" },
  { opcode = "LL_FEATURE_RSP",    data = string.rep("\xff", 8) },
  { opcode = "LL_UNKNOWN_RSP",    data = "" },
  { opcode = "LL_REJECT_EXT_IND", data = "\x0c\x1a\x00" },
}

local function attack(link, open, conn)
  link:control("LL_VERSION_IND", VERSION)
  expect(link:next(s(1)).control):equals("LL_VERSION_IND")
  for _ = 1, 5 do
    link:control("LL_VERSION_IND", VERSION)
    ll.quiet(link, "once more")
  end
  link:control("LL_VERSION_IND", "\x0d" .. VERSION:sub(2))
  ll.quiet(link, "once more, with another version")
  for _, case in ipairs(ANSWERS) do
    link:control(case.opcode, case.data)
    ll.quiet(link, "an answer that nobody asked for, " .. case.opcode)
  end
  ll.reads(link, open.handle, "W", "at the end")
  -- The first holds.
  expect(conn:remote_version().version):equals(0x0B)
end

scenario("a peripheral answers once", function()
  attacks.survives(tester, victim, "initiator", attack)
end)

scenario("a central answers once", function()
  attacks.survives(tester, victim, "responder", attack)
end)

scenario("who has asked does not answer", function()
  ll.open_value(victim, "W")
  local link, conn = ll.connect(tester, victim)
  local asking = victim:script(function() return conn:remote_version().version end)
  expect(asking:join(s(1))):equals(0x08)
  link:control("LL_VERSION_IND", VERSION)
  ll.quiet(link, "once more")
  ll.leave(link)
end)
