-- A phone finds a heart-rate sensor by name, subscribes for a minute at a 50 ms interval, and leaves.
-- Heart Rate Service 1.0; Core v5.4, Vol 3, Part G, 4.10 and Vol 6, Part B, 4.5.
-- SPDX-License-Identifier: MIT

local hrm   = device { name = "hrm",   address = "C0:00:00:00:18:0D", appearance = 0x0341 }
local phone = device { name = "phone", address = "00:1B:DC:00:00:01", appearance = 0x0040 }


scenario("a phone receives a minute of heart rate", function()
  local rate = hrm:service(0x180D):characteristic { uuid = 0x2A37, properties = "notify" }
  local advertisement = { name = "Heart Rate", services = { 0x180D, 0x180F }, interval = ms(100) }
  hrm:advertise(advertisement)

  local adv = phone:scan { name = "Heart Rate", timeout = s(2) }
  expect(adv.address):equals(hrm.address)
  expect(adv.services):contains(0x180D)

  local conn = phone:connect(adv, { interval = ms(50) })
  local link = hrm:wait_connected(s(1))
  expect(conn.interval):equals(ms(50))
  expect(link.peer):equals(phone.address)
  expect(hrm.advertising):is_false()

  local maker = conn:characteristic(0x180A, 0x2A29):read()
  expect(maker):equals("blueroom")
  local level = conn:characteristic(0x180F, 0x2A19):read()
  expect(level):equals("\x57")

  local beats = conn:characteristic(0x180D, 0x2A37):subscribe()
  for second = 1, 60 do
    sleep(s(1))
    local beat = beats:next(ms(200))
  end
  expect(beats.count):equals(0)

  conn:disconnect()
  expect(link:wait_disconnected(s(1))):equals(0x13)

  hrm:advertise(advertisement)
  local again = phone:scan { address = hrm, timeout = s(2) }
  expect(again.name):equals("Heart Rate")
end)
