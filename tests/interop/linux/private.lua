-- A lock with a PIN under private addresses: whoever has no key of it cannot tell it from another.
-- Core v5.4, Vol 6, Part B, 1.3.2.2 (resolvable private addresses) and 6 (privacy in the controller).
-- SPDX-License-Identifier: MIT
local lock = device { name = "lock", address = "00:1B:DC:00:00:10", pin = "123456" }

scenario("a lock that nobody can follow", function()
  lock:service(0x1815):characteristic { uuid = 0x2A56, properties = "read", value = "locked", read_level = 3 }
  lock:privacy { timeout = s(20) }
  while true do
    lock:advertise { name = "Lock", services = { 0x1815 }, interval = ms(100) }
    lock:wait_connected():wait_disconnected()
  end
end)
