-- L2CAP frames that are longer or shorter than they say, fragments without a beginning: dropped, the next is heard.
-- Core v5.4, Vol 3, Part A, 3.1, 7.2.1; SweynTooth: truncated L2CAP, invalid fragment (CVE-2019-17517, CVE-2019-19195).
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

-- A frame's header says `length`; `payload` follows. PDUs of the link layer as { LLID, octets }.
local function frame(length, payload, cid)
  return string.pack("<I2 I2", length, cid or ll.ATT) .. payload
end

local CASES = {
  { name = "nothing but a length",               { 2, "\x03" } },
  { name = "a length cut in two",                { 2, "\x03\x00" } },
  { name = "a header that is cut",               { 2, "\x03\x00\x04" } },
  { name = "no payload of one octet",            { 2, frame(1, "") } },
  { name = "a frame of no octets",               { 2, frame(0, "") } },
  { name = "one octet too few",                  { 2, frame(3, "\x0a\x01") } },
  { name = "one octet too many",                 { 2, frame(3, "\x0a\x01\x00\x00") } },
  { name = "many octets too many",               { 2, frame(1, string.rep("\x0a", 22)) } },
  { name = "a length of 65535",                  { 2, frame(0xFFFF, "\x0a\x01\x00") } },
  { name = "a length of 65535 with more to come", { 2, frame(0xFFFF, "\x0a\x01\x00") },
    { 1, string.rep("\x0a", 27) }, { 1, string.rep("\x0a", 27) } },
  { name = "a continuation of nothing",          { 1, "\x03\x00\x04\x00\x0a\x01\x00" } },
  { name = "a continuation that runs over",      { 2, frame(3, "\x0a") }, { 1, "\x01\x00\x00\x00" } },
  { name = "a beginning of no octets",           { 2, "" } },
  { name = "a frame on no channel",              { 2, frame(3, "\x0a\x01\x00", 0x0000) } },
  { name = "a frame on BR/EDR's signalling channel", { 2, frame(3, "\x0a\x01\x00", 0x0001) } },
  { name = "a frame on a channel that is not open", { 2, frame(3, "\x0a\x01\x00", 0x0040) } },
  { name = "an ATT PDU over every MTU",          { 2, frame(600, string.rep("\x0a", 23)) },
    { 1, string.rep("\x0a", 27), 21 }, { 1, string.rep("\x0a", 10) } },
}

local function attack(link, open)
  for _, case in ipairs(CASES) do
    for _, pdu in ipairs(case) do
      for _ = 1, pdu[3] or 1 do
        link:send(pdu[1], pdu[2])
      end
    end
    link:flush(s(1))
    ll.goes_on(link, open.handle, "W", case.name)
  end
end

scenario("a peripheral drops them", function()
  attacks.survives(tester, victim, "initiator", attack)
end)

scenario("a central drops them", function()
  attacks.survives(tester, victim, "responder", attack)
end)
