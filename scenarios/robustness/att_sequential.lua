-- Requests without waiting, answers to nothing, and nonsense: each is answered or dropped, and the next is heard.
-- Core v5.4, Vol 3, Part F, 3.3 and 3.4; SweynTooth: sequential ATT deadlock (CVE-2019-19192).
-- SPDX-License-Identifier: MIT
local attacks = require "attacks"
local ll = require "ll_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

-- What is no request at all, or of another role, or has no handle.
local NONSENSE = {
  { pdu = "\x01\x0a\x01\x00\x0a", name = "an Error Response to nothing" },
  { pdu = "\x0bW",                name = "a Read Response to nothing" },
  { pdu = "\x1e",                 name = "a confirmation of nothing" },
  { pdu = "\x1b\x01",             name = "a notification without a handle" },
  { pdu = "\x52\x01",             name = "a Write Command without a handle" },
  { pdu = "\xd2\x01\x00",         name = "a Signed Write Command that is cut" },
  { pdu = "\x7f",                 name = "a command that does not exist" },
  { pdu = "\x3f",     name = "a request that does not exist",        code = 0x06 },
  { pdu = "\x0a\x01", name = "a Read Request of half a handle",      code = 0x04 },
  { pdu = "\x0a",     name = "a Read Request without a handle",      code = 0x04 },
  { pdu = "\x10\x01\x00\xff\xff", name = "a Read By Group Type Request without a type", code = 0x04 },
  { pdu = "\x08\x02\x00\x01\x00\x03\x28", name = "a range from above to below", code = 0x01, handle = 2 },
  { pdu = "\x04\x00\x00\xff\xff", name = "a range from 0",           code = 0x01 },
  { pdu = "\x0a\x00\x00",         name = "a read of handle 0",       code = 0x01 },
}

local function nonsense(link, open)
  for _, case in ipairs(NONSENSE) do
    link:l2cap(ll.ATT, case.pdu)
    if case.code then
      local refused = string.pack("<I1 I1 I2 I1", 0x01, case.pdu:byte(), case.handle or 0, case.code)
      expect(hex(link:next_l2cap(ll.ATT, s(1)))):named(case.name):equals(hex(refused))
    end
    ll.goes_on(link, open.handle, "W", case.name)
  end
end

scenario("a peripheral and nonsense", function()
  attacks.survives(tester, victim, "initiator", nonsense)
end)

scenario("a central and nonsense", function()
  attacks.survives(tester, victim, "responder", nonsense)
end)

scenario("requests without waiting", function()
  local open = ll.open_value(victim, "W")
  local link = ll.connect(tester, victim)
  for _ = 1, 10 do
    link:l2cap(ll.ATT, ll.read_req(open.handle))
  end
  for number = 1, 10 do
    expect(link:next_l2cap(ll.ATT, s(1))):named("answer " .. number):equals("\x0bW")
  end
  ll.goes_on(link, open.handle, "W", "after ten requests")
  ll.leave(link)
end)

-- Nothing is acknowledged, so that long answers pile up.
scenario("and without listening", function()
  local open = ll.open_value(victim, string.rep("W", 246))
  local link, conn = ll.connect(tester, victim)
  link:l2cap(ll.ATT, "\x02\xf7\x00")
  link:next_l2cap(ll.ATT, s(1))
  link:hold(true)
  for _ = 1, 40 do
    link:l2cap(ll.ATT, ll.read_req(open.handle))
  end
  link:flush(s(2))
  link:hold(false)
  -- What cannot be answered would keep the client waiting for ever: the link ends.
  expect(link:wait_closed(s(1))):equals(ll.REMOTE_USER)
  conn:wait_disconnected(s(1))
  link = ll.connect(tester, victim)
  link:l2cap(ll.ATT, ll.read_req(open.handle))
  expect(link:next_l2cap(ll.ATT, s(1))):has_length(23)
  ll.leave(link)
end)
