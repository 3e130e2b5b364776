-- Two boards talk both ways: the central's messages are answered, and the peripheral's by "Got it".
-- The two-way tutorial for Pico W boards: service 0x1848, characteristic 0x2A6E, read, write, notify.
-- SPDX-License-Identifier: MIT
local SERVICE, MESSAGE = 0x1848, 0x2A6E
local COUNT = 5

local peripheral = device { name = "peripheral", address = "28:CD:C1:00:00:02" }
local central    = device { name = "central",    address = "28:CD:C1:00:00:01" }

local board = peripheral:service(SERVICE):characteristic {
  uuid = MESSAGE, properties = "read, write, notify", max_length = 64,
}

-- The peripheral: answers what the central sends, then sends messages of its own.
local function talk()
  local conn = peripheral:wait_connected()
  for _ = 1, COUNT do
    local message = board:next_write(s(5))
    local answer = "Received: " .. message
    board:set(answer)
    board:notify(answer, conn)
  end
  local answers = {}
  sleep(s(1))
  for count = 1, COUNT do
    local message = "Hello from the peripheral! " .. count
    board:set(message)
    board:notify(message, conn)
    answers[count] = board:next_write(s(5))
  end
  local reason = conn:wait_disconnected(s(5))
  return reason, answers
end

scenario("messages and answers go both ways", function()
  local talking = peripheral:script(talk)
  peripheral:advertise {
    name = "Pico",
    services = { SERVICE },
    appearance = 0x0300,
    interval = ms(250),
  }

  local adv = central:scan { service = SERVICE, timeout = s(5) }
  expect(adv.name):equals("Pico")
  local conn = central:connect(adv)
  expect(conn:exchange_mtu()):at_least(64)

  local board_there = conn:characteristic(SERVICE, MESSAGE)
  expect(board_there.properties):equals { "read", "write", "notify" }
  local news = board_there:subscribe()

  for count = 1, COUNT do
    local message = "Hello from the central! " .. count
    board_there:write(message)
    expect(news:next(s(1))):equals("Received: " .. message)
    expect(board_there:read()):equals("Received: " .. message)
    sleep(ms(500))
  end
  for count = 1, COUNT do
    expect(news:next(s(2))):equals("Hello from the peripheral! " .. count)
    expect(board_there:read()):equals("Hello from the peripheral! " .. count)
    board_there:write("Got it")
    sleep(ms(500))
  end

  conn:disconnect()
  local reason, answers = talking:join(s(6))
  expect(reason):named("Remote User Terminated Connection"):equals(0x13)
  expect(answers):equals { "Got it", "Got it", "Got it", "Got it", "Got it" }
end)
