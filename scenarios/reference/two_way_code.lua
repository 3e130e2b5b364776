-- The two-way tutorial as its code: the peripheral sets its value, the central polls it and writes "Got it".
-- Two-way tutorial for Pico W boards, code breakdown 1 to 4; and what it leaves out: links that drop.
-- SPDX-License-Identifier: MIT
local two_way = require "two_way"

local peripheral = device { name = "peripheral", address = "28:CD:C1:00:00:02" }
local central    = device { name = "central",    address = "28:CD:C1:00:00:01" }

local MESSAGE, GOT_IT = "Hello from Peripheral!", "Got it"
local CONNECTION_TIMEOUT = 0x08

local message_count = 1
local answers, received = {}, {}

-- The peripheral's sender: half a second after it has set its value, what the central wrote is in its place.
local function send_data_task(conn, board)
  while conn.connected do
    local message = MESSAGE .. " " .. message_count
    board:set(message)
    sleep(ms(500))
    local response = board:value()
    log("sent:", message, "response:", response)
    if response == GOT_IT then
      message_count = message_count + 1   -- what was not answered is said again
    end
    sleep(ms(500))
  end
end

-- The peripheral's receiver: every answer as it comes.
local function receive_answers_task(conn, board)
  while conn.connected do
    local came, answer = pcall(board.next_write, board, ms(500))
    if came then
      answers[#answers + 1] = answer
    end
  end
end

local outbox = two_way.mailbox()

-- The central's receiver: polls. Its own answer is no message, and is not answered.
local function receive_data_task(conn, there)
  while conn.connected do
    local ok, data = pcall(there.read, there)
    if ok and data ~= "" and data ~= GOT_IT then
      if data ~= received[#received] then
        received[#received + 1] = data
      end
      log("received:", data, "count:", #received)
      outbox:put(GOT_IT)
      sleep(ms(500))
    else
      sleep(ms(100))
    end
  end
end

-- The central's sender.
local function answer_task(conn, there)
  local answer = outbox:take(conn)
  while answer do
    pcall(there.write, there, answer)
    answer = outbox:take(conn)
  end
end

local function begin_peripheral()
  two_way.run_peripheral(peripheral, two_way.board(peripheral), { send_data_task, receive_answers_task })
end

local function begin_central()
  return two_way.run_central(central, { receive_data_task, answer_task })
end

local function begin()
  begin_peripheral()
  return begin_central()
end

-- So many messages came, each once and in order, and each was answered.
local function expect_messages(count)
  two_way.wait_for(received, count, s(30))
  for index = 1, count do
    expect(received[index]):equals(MESSAGE .. " " .. index)
  end
  two_way.wait_for(answers, count, s(1))
  for _, answer in ipairs(answers) do
    expect(answer):equals(GOT_IT)
  end
end

scenario("the central answers what the peripheral says", function()
  local visits = begin()
  expect_messages(5)
  expect(now()):named("a message a second"):at_most(s(6))
  expect(visits):has_length(1)
end)

scenario("the link drops for want of packets, and the messages go on", { own_air = true }, function()
  local visits = begin()
  expect_messages(2)
  local silence = lose { kind = "data" }
  visits[1]:wait_disconnected(s(2))
  silence:remove()
  expect(visits[1].reason):named("supervision timeout"):equals(CONNECTION_TIMEOUT)
  expect_messages(5)
  expect(visits):has_length(2)
  expect(visits[2].connected):is_true()
end)

scenario("the peripheral is without power for two seconds, and the messages go on", { own_air = true }, function()
  local visits = begin()
  expect_messages(2)
  peripheral:power_off()
  sleep(s(2))
  expect(visits[1].reason):named("supervision timeout"):equals(CONNECTION_TIMEOUT)
  peripheral:power_on()
  expect_messages(5)
  expect(visits):has_length(2)
end)

scenario("the central is without power for two seconds, and the messages go on", { own_air = true }, function()
  local visits = begin()
  expect_messages(2)
  central:power_off()
  sleep(s(2))
  central:power_on()
  expect_messages(5)
  expect(visits):has_length(2)
end)

scenario("a board that has the service but not the characteristic is left again", { own_air = true }, function()
  local stranger = device { name = "stranger", address = "28:CD:C1:00:00:03" }
  stranger:service(two_way.SERVICE):characteristic { uuid = 0x2A6F, properties = "read" }
  stranger:advertise { name = two_way.NAME, services = { two_way.SERVICE } }
  local visits = begin_central()
  local reason = stranger:wait_connected(s(2)):wait_disconnected(s(2))
  expect(reason):named("Remote User Terminated Connection"):equals(0x13)
  begin_peripheral()
  expect_messages(2)
  expect(visits):has_length(1)
end)
