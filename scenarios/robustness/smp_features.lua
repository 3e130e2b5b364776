-- Features that do not exist, data that are not there, and reserved bits: refused where they matter, ignored where not.
-- Core v5.4, Vol 3, Part H, 2.3.5.1, 3.5.1 and 3.5.2; an IO capability that indexed beyond a table.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local only_secure = device { name = "only-secure", security = { secure_connections = "only", io = "display_only" } }
local tester = raw { name = "tester" }

-- IO capability, OOB flag, AuthReq and key size, as in Pairing Request and Response.
local REFUSED = {
  { name = "an IO capability of 5",   features = "\x05\x00\x09\x10", reason = smp.INVALID_PARAMETERS },
  { name = "an IO capability of 255", features = "\xff\x00\x09\x10", reason = smp.INVALID_PARAMETERS },
  { name = "an OOB flag of 2",        features = "\x03\x02\x09\x10", reason = smp.INVALID_PARAMETERS },
  { name = "an OOB flag of 255",      features = "\x03\xff\x09\x10", reason = smp.INVALID_PARAMETERS },
}

local function attack(role, device)
  local values = ll.values(device)
  for number, case in ipairs(REFUSED) do
    local peer = smp.attack(tester, device, role, number)
    peer.features = case.features
    peer:send(peer:pdu(role == "initiator" and "request" or "response"))
    peer:failed(case.reason, case.name)
    peer:nothing_gained(values, case.name)
    ll.leave(peer.link)
  end
  -- Bits that mean nothing yet.
  local peer = smp.attack(tester, device, role, 0x100)
  peer.features = "\x03\x00\xc9\x10"
  peer.keys = "\xf7\xf7"
  peer:pair()
  expect((peer.outcome:join(s(1)))):named("with reserved bits"):is_true()
  ll.reads(peer.link, values.secret.handle, "secret", "with reserved bits")
  ll.leave(peer.link)
end

scenario("a peripheral", function() attack("initiator", victim) end)

scenario("a central", function() attack("responder", victim) end)

scenario("less than Secure Connections alone can do", function()
  local values = ll.values(only_secure)
  for number, role in ipairs(smp.ROLES) do
    for index, method in ipairs { "secure", "legacy" } do
      local peer = smp.attack(tester, only_secure, role, 2 * number + index, { method = method })
      peer:send(peer:pdu(role == "initiator" and "request" or "response"))
      peer:refused(values, smp.AUTHENTICATION_REQUIREMENTS, role .. " " .. method)
    end
  end
end)
