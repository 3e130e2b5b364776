-- PDUs longer than was agreed, and lengths that say more or less than there is: both are taken for corrupted.
-- Core v5.4, Vol 6, Part B, 2.4, 4.5.10; SweynTooth: length overflow (CVE-2019-16336, CVE-2019-17519, CVE-2019-17518).
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local short = device { name = "short", address = "00:1B:DC:00:00:27", features = 0 }
local tester = raw { name = "tester" }

local CONNECTION_TIMEOUT = 0x08

-- 27 octets are agreed. The victim has offered to take 251, and does (Part B, 5.1.9); a device without that takes 27.
local LONG = {
  { name = "a frame in 28 octets",              llid = 2, len = 28, target = short },
  { name = "a control PDU of 28 octets",        llid = 3, len = 28, target = short },
  { name = "a frame in 252 octets",             llid = 2, len = 252 },
  { name = "a frame in 255 octets",             llid = 2, len = 255 },
  { name = "a continuation of 255 octets",      llid = 1, len = 255 },
  { name = "a control PDU of 255 octets",       llid = 3, len = 255 },
  { name = "255 octets of the reserved LLID 0", llid = 0, len = 255 },
}

-- Never acknowledged, so that the tester can only repeat it; the link is over when nothing right has come for so long.
local function never_taken(link, conn, name)
  ll.ended(link, conn, CONNECTION_TIMEOUT, name)
  expect(link.counts.resent):named(name .. ": how often it was repeated"):at_least(10)
end

local function attack(link, conn, case)
  link:send(case.llid, string.rep("\x12", case.len))
  never_taken(link, conn, case.name)
end

scenario("a PDU longer than agreed is never taken", function()
  local open = ll.open_value(victim, "W")
  for _, case in ipairs(LONG) do
    local link, conn = ll.connect(tester, case.target or victim, { supervision_timeout = ms(100), short = true })
    attack(link, conn, case)
  end
  smp.honest_peer(tester, victim, "initiator", { open = open })
end)

scenario("nor by a central", function()
  local open = ll.open_value(victim, "W")
  for _, case in ipairs(LONG) do
    local link, conn = ll.await(tester, case.target or victim, nil, { supervision_timeout = ms(100), short = true })
    attack(link, conn, case)
  end
  smp.honest_peer(tester, victim, "responder", { open = open })
end)

scenario("a length that lies makes a packet a corrupted one", function()
  local open = ll.open_value(victim, "W")
  for _, length in ipairs { 0, 6, 8, 27, 28, 251, 255 } do
    local name = "seven octets that are said to be " .. length
    local link, conn = ll.connect(tester, victim, { supervision_timeout = ms(100), short = true })
    link:send(2, "\x03\x00\x04\x00\x0a" .. string.pack("<I2", open.handle), { length = length })
    never_taken(link, conn, name)
  end
  smp.honest_peer(tester, victim, "initiator", { open = open })
end)
