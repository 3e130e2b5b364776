-- Signalling commands that are cut, too long, unknown, or ask for the impossible: each is rejected as the table says.
-- Core v5.4, Vol 3, Part A, 4.1, 4.20 and 4.22; stacks that believed a command's length.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local SIGNALLING = 5

local NOT_UNDERSTOOD = "01 %02x 02 00 00 00"
local REFUSED = "15 %02x 0a 00 00 00 00 00 00 00 00 00 %02x 00"

-- Identifier, the command, and its answer, if there is one.
local CASES = {
  { "a code that does not exist",     "\x7f\x01\x00\x00", NOT_UNDERSTOOD },
  { "an identifier of 0",             "\x14\x00\x0a\x00\x80\x00\x40\x00\x17\x00\x17\x00\x01\x00" },
  { "no header",                      "\x14\x01" },
  { "a length over the frame",        "\x14\x02\xff\x00\x80\x00", NOT_UNDERSTOOD },
  { "a length below the frame",       "\x14\x03\x02\x00\x80\x00\x40\x00\x17\x00", NOT_UNDERSTOOD },
  { "a request that is cut",          "\x14\x04\x08\x00\x80\x00\x40\x00\x17\x00\x17\x00", NOT_UNDERSTOOD },
  { "a response to nothing",          "\x15\x05\x0a\x00\x40\x00\x17\x00\x17\x00\x01\x00\x00\x00" },
  { "a rejection of nothing",         "\x01\x06\x02\x00\x00\x00" },
  { "an SPSM that nobody listens at", "\x14\x07\x0a\x00\x90\x00\x40\x00\x17\x00\x17\x00\x01\x00", REFUSED, 0x02 },
  { "an MTU of 22",                   "\x14\x08\x0a\x00\x80\x00\x40\x00\x16\x00\x17\x00\x01\x00", REFUSED, 0x0B },
  { "an MPS of 65535",                "\x14\x09\x0a\x00\x80\x00\x40\x00\x17\x00\xff\xff\x01\x00", REFUSED, 0x0B },
  { "a reserved channel identifier",  "\x14\x0a\x0a\x00\x80\x00\x05\x00\x17\x00\x17\x00\x01\x00", REFUSED, 0x09 },
  { "credits for no channel",         "\x16\x0b\x04\x00\x77\x00\x01\x00", "01 %02x 06 00 02 00 00 00 77 00" },
  { "an end of no channel",           "\x06\x0c\x04\x00\x40\x00\x41\x00", "01 %02x 06 00 02 00 40 00 41 00" },
  { "a command of BR/EDR",            "\x02\x0e\x04\x00\x01\x00\x40\x00", NOT_UNDERSTOOD },
  { "an echo",                        "\x08\x0f\x00\x00", NOT_UNDERSTOOD },
}

local function ask(link, name, command, answer, result)
  link:l2cap(SIGNALLING, command)
  if answer then
    expect(hex(link:next_l2cap(SIGNALLING, s(1)))):named(name)
      :equals(answer:format(command:byte(2), result))
  end
end

local function attack(link, open)
  for _, case in ipairs(CASES) do
    ask(link, table.unpack(case, 1, 5))
    ll.goes_on(link, open.handle, "W", case[1])
  end
end

local NO_UPDATE = "\x12\x0d\x08\x00" .. string.rep("\x00", 8)

scenario("a peripheral rejects them", function()
  local open = ll.open_value(victim, "W")
  victim:listen_l2cap { psm = 0x80 }
  local link = ll.connect(tester, victim)
  attack(link, open)
  ask(link, "an update request from a central", NO_UPDATE, NOT_UNDERSTOOD)
  ll.goes_on(link, open.handle, "W", "at the end")
  ll.leave(link)
  smp.honest_peer(tester, victim, "initiator", { open = open })
end)

scenario("a central rejects them", function()
  local open = ll.open_value(victim, "W")
  victim:listen_l2cap { psm = 0x80 }
  local link = ll.await(tester, victim)
  attack(link, open)
  ask(link, "an update request of zeros", NO_UPDATE, "13 %02x 02 00 01 00")
  ll.goes_on(link, open.handle, "W", "at the end")
  ll.leave(link)
  smp.honest_peer(tester, victim, "responder", { open = open })
end)
