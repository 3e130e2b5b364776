-- SPDX-License-Identifier: MIT
-- Attacks that many scripts make in one way: what differs is handed over.
local ll = require "ll_tester"
local smp = require "smp_tester"

local attacks = {}

-- Each PDU as `change` makes it, in a pairing of its own, is refused: Invalid Parameters.
function attacks.refuses_changed(tester, device, role, values, change)
  if role == "responder" then
    local peer = smp.attack(tester, device, role, 0x100)
    peer:send(change(peer:pdu "response"))
    peer:refused(values, smp.INVALID_PARAMETERS, "response")
  end
  for number, pdu in ipairs(smp.PDUS) do
    local peer = smp.attack(tester, device, role, number, { method = pdu.method })
    peer:walk_to(pdu.name)
    peer:send(change(peer:pdu(pdu.name)))
    peer:refused(values, smp.INVALID_PARAMETERS, pdu.method .. " " .. pdu.name)
  end
  smp.honest_peer(tester, device, role, values)
end

-- An attack on one link of that role, attack(link, open, conn), in clear; behind it an honest peer pairs.
function attacks.survives(tester, device, role, attack)
  local open = ll.open_value(device, "W")
  local link, conn = (role == "initiator" and ll.connect or ll.await)(tester, device)
  attack(link, open, conn)
  ll.leave(link)
  smp.honest_peer(tester, device, role, { open = open })
end

return attacks
