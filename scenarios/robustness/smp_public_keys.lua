-- Public keys that are no point of the curve, the device's own, or the debug key: Invalid Parameters, and no DHKey.
-- Core v5.4, Vol 3, Part H, 2.3.5.6.1; invalid curve points (CVE-2018-5383), reflection (CVE-2020-26558).
-- SPDX-License-Identifier: MIT
local ll = require "ll_tester"
local smp = require "smp_tester"

local victim = device { name = "victim" }
local tester = raw { name = "tester" }

local DEBUG_PRIVATE_KEY = bytes "3f49f6d4 a3c55f38 74c9b3e3 d2103f50 4aff607b eb40b799 5899b8a6 cd3c1abd"

local function flip(octets, at)
  return octets:sub(1, at - 1) .. string.char(octets:byte(at) ~ 0x01) .. octets:sub(at + 1)
end

-- Of what a right peer would send, least significant octet first: X, then Y.
local CASES = {
  { name = "Y off by one bit",      key = function(right) return flip(right, 33) end },
  { name = "X off by one bit",      key = function(right) return flip(right, 1) end },
  { name = "Y of zero, the attack", key = function(right) return right:sub(1, 32) .. string.rep("\0", 32) end },
  { name = "zeros",                 key = function() return string.rep("\0", 64) end },
  { name = "ones",                  key = function() return string.rep("\xff", 64) end },
  { name = "X and Y exchanged",     key = function(right) return right:sub(33) .. right:sub(1, 32) end },
  { name = "X and Y as printed",    key = function(right) return right:reverse() end },
  { name = "the debug key", key = function()
    local key = crypto.p256_public(DEBUG_PRIVATE_KEY)
    return key:sub(1, 32):reverse() .. key:sub(33):reverse()
  end },
}

local function attack(role)
  local values = ll.values(victim)
  for number, case in ipairs(CASES) do
    local peer = smp.attack(tester, victim, role, number)
    peer:walk("public_key")
    peer:send("\x0c" .. case.key(peer:pdu("public_key"):sub(2)))
    peer:refused(values, smp.INVALID_PARAMETERS, case.name)
  end
  smp.honest_peer(tester, victim, role, values)
end

scenario("a peripheral computes with none of them", function() attack("initiator") end)

scenario("a central computes with none of them", function() attack("responder") end)

-- The other point with the same X: P - Y for Y (FIPS 186-4, D.1.2.3), most significant octet first.
local P = bytes "ffffffff 00000001 00000000 00000000 00000000 ffffffff ffffffff ffffffff"

local function negated(y)
  local borrow, octets = 0, {}
  for at = 32, 1, -1 do
    local difference = P:byte(at) - y:byte(at) - borrow
    borrow = difference < 0 and 1 or 0
    octets[at] = string.char(difference & 0xFF)
  end
  return table.concat(octets)
end

-- A responder hears the initiator's key first, and can send it back.
scenario("a device's own key, reflected", function()
  local values = ll.values(victim)
  for number, other_y in ipairs { false, true } do
    local peer = smp.attack(tester, victim, "responder", number)
    peer:walk("public_key")
    local x, y = peer.theirs.public_key:sub(1, 32), peer.theirs.public_key:sub(33)
    peer:send("\x0c" .. x:reverse() .. (other_y and negated(y) or y):reverse())
    peer:refused(values, smp.INVALID_PARAMETERS, other_y and "its X" or "its key")
  end
  smp.honest_peer(tester, victim, "responder", values)
end)
