-- Advertising that is cut, overlong or lies about its length: a scanner hears what is right, and nothing else.
-- Core v5.4, Vol 6, Part B, 2.3 and Vol 3, Part C, 11; the lengths of BLEEDINGBIT (CVE-2018-16986).
-- SPDX-License-Identifier: MIT
local phone = device { name = "phone" }
local tester = raw { name = "tester" }

local ADDRESS = "\x01\x00\x00\x00\x00\xc0"

-- Type, then the payload behind the header, and what the header says of its length if it lies.
local DROPPED = {
  { "ADV_IND without an address",         0x40, "" },
  { "ADV_IND with half an address",       0x40, "\x01\x00\x00" },
  { "ADV_IND of 32 octets of data",       0x40, ADDRESS .. string.rep("\x01", 32) },
  { "ADV_IND of 249 octets of data",      0x40, ADDRESS .. string.rep("\xff", 249) },
  { "ADV_IND whose length says 0",        0x40, ADDRESS .. "\x02\x01\x06", 0 },
  { "ADV_IND whose length says 255",      0x40, ADDRESS .. "\x02\x01\x06", 255 },
  { "ADV_IND whose length says one more", 0x40, ADDRESS .. "\x02\x01\x06", 10 },
  { "ADV_DIRECT_IND with data",           0x41, ADDRESS .. string.rep("\xff", 20) },
  { "ADV_SCAN_IND of 249 octets",         0x46, ADDRESS .. string.rep("\xff", 249) },
  { "a SCAN_RSP that nobody asked for",   0x44, ADDRESS .. "\x02\x01\x06" },
  { "ADV_EXT_IND of ones",                0x47, string.rep("\xff", 30) },
  { "ADV_EXT_IND of nothing",             0x47, "" },
  { "a reserved type",                    0x4f, ADDRESS .. "\x02\x01\x06" },
  { "a CONNECT_IND to nobody",            0x45, string.rep("\xff", 34) },
  { "a SCAN_REQ to nobody",               0x43, string.rep("\xff", 12) },
}
-- Structures whose lengths lie are the host's affair: what can be read of them is.
local HEARD = {
  { "a structure that runs over",  "\x02\x01\x06\x1f\x09Name" },
  { "a structure of no octets",    "\x00\x02\x01\x06" },
  { "a length and nothing else",   "\xff" },
  { "structures of ones",          string.rep("\xff", 31) },
}

local function advertise(type, payload, length)
  for _, channel in ipairs { 37, 38, 39 } do
    tester:send { channel = channel, pdu = string.char(type, length or #payload) .. payload }
    sleep(ms(5))
  end
end

scenario("a scanner drops what is no advertising", function()
  for _, case in ipairs(DROPPED) do
    local name, type, payload, length = table.unpack(case)
    local observer = phone:observe { interval = ms(10), active = false }
    advertise(type, payload, length)
    local ok = pcall(observer.next, observer, ms(50))
    expect(ok):named(name .. ": heard"):is_false()
    observer:stop()
  end
end)

scenario("and reads what there is to read", function()
  for _, case in ipairs(HEARD) do
    local name, data = table.unpack(case)
    local observer = phone:observe { interval = ms(10), active = false }
    advertise(0x40, ADDRESS .. data)
    local adv = observer:next(s(1))
    expect(adv.data):named(name):equals(data)
    expect(rawget(adv, "name")):named(name):is_nil()
    observer:stop()
  end
end)
