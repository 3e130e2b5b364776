-- Key sizes below the minimum, over 16 or absurd, and a downgrade to 7 octets: refused, and nothing is cut short.
-- Core v5.4, Vol 3, Part H, 2.3.4 and 3.5.1; SweynTooth: key size overflow (CVE-2019-19196); KNOB, done to LE.
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local open_minded = device { name = "open-minded" }
local strict = device { name = "strict", security = { min_key_size = 16 } }
local tester = raw { name = "tester" }

-- What is not a size at all, and what is too small.
local CASES = {
  { victim = open_minded, size = 0,   reason = smp.ENCRYPTION_KEY_SIZE },
  { victim = open_minded, size = 6,   reason = smp.ENCRYPTION_KEY_SIZE },
  { victim = open_minded, size = 17,  reason = smp.INVALID_PARAMETERS },
  { victim = open_minded, size = 253, reason = smp.INVALID_PARAMETERS },
  { victim = open_minded, size = 255, reason = smp.INVALID_PARAMETERS },
  { victim = strict,      size = 7,   reason = smp.ENCRYPTION_KEY_SIZE },
  { victim = strict,      size = 15,  reason = smp.ENCRYPTION_KEY_SIZE },
}

local function attack(role)
  local values = { [open_minded] = ll.values(open_minded), [strict] = ll.values(strict) }
  local number = 0
  for _, case in ipairs(CASES) do
    for _, method in ipairs { "secure", "legacy" } do
      number = number + 1
      local what = string.format("%d octets, %s", case.size, method)
      local peer = smp.attack(tester, case.victim, role, number, { method = method, key_size = case.size })
      peer:send(peer:pdu(role == "initiator" and "request" or "response"))
      peer:failed(case.reason, what)
      -- A request that is none begins no pairing that an application could hear of.
      if role == "responder" or case.reason ~= smp.INVALID_PARAMETERS then
        peer:told(case.reason, what)
      end
      peer:nothing_gained(values[case.victim], what)
      ll.leave(peer.link)
    end
  end
  smp.honest_peer(tester, strict, role, values[strict])
end

-- 7 is the least that an open-minded one takes; what is left of the key is what both use.
scenario("7 octets if they are enough", function()
  local values = ll.values(open_minded)
  for _, method in ipairs { "secure", "legacy" } do
    local peer = smp.attack(tester, open_minded, "initiator", 1, { method = method, key_size = 7 })
    peer:exchange()
    peer.ltk = string.rep("\0", 9) .. peer.ltk:sub(10)
    peer:encrypt():distribute()
    expect((peer.outcome:join(s(1)))):named(method):is_true()
    expect(peer.conn.key_size):named(method):equals(7)
    ll.goes_on(peer.link, values.secret.handle, "secret", method)
    ll.leave(peer.link)
    open_minded:forget()
  end
end)

scenario("a peripheral refuses them", function() attack("initiator") end)

scenario("a central refuses them", function() attack("responder") end)
