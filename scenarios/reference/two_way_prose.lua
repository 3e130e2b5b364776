-- The two-way tutorial as its prose: the central writes messages, the peripheral answers by notification.
-- Two-way tutorial for Pico W boards, overview and conclusion; and what it leaves out: links that drop.
-- SPDX-License-Identifier: MIT
local two_way = require "two_way"

local peripheral = device { name = "peripheral", address = "28:CD:C1:00:00:02" }
local central    = device { name = "central",    address = "28:CD:C1:00:00:01" }

local MESSAGE, ANSWER = "Hello from Central!", "Received: "
local CONNECTION_TIMEOUT = 0x08

local message_count = 1
local received, answers = {}, {}

local inbox, subscribed = two_way.mailbox(), two_way.mailbox()

-- The peripheral's receiver: hands on what the central writes.
local function receive_task(conn, board)
  while conn.connected do
    local came, message = pcall(board.next_write, board, ms(500))
    if came then
      log("received:", message)
      if message ~= received[#received] then
        received[#received + 1] = message
      end
      inbox:put(message)
    end
  end
end

-- The peripheral's sender: answers each message.
local function answer_task(conn, board)
  local message = inbox:take(conn)
  while message do
    pcall(board.notify, board, ANSWER .. message, conn)
    message = inbox:take(conn)
  end
end

-- The central's sender: a message a second, again when it was not answered.
local function send_task(conn, there)
  subscribed:take(conn)
  while conn.connected do
    local message = MESSAGE .. " " .. message_count
    log("sends:", message)
    pcall(there.write, there, message)
    sleep(ms(500))
    if answers[#answers] == ANSWER .. message then
      message_count = message_count + 1
    end
    sleep(ms(500))
  end
end

-- The central's receiver: every answer as it comes.
local function receive_answers_task(conn, there)
  local ok, news = pcall(there.subscribe, there)
  subscribed:put(ok)
  while ok and conn.connected do
    local came, answer = pcall(news.next, news)
    if came then
      log("received:", answer)
      if answer ~= answers[#answers] then
        answers[#answers + 1] = answer
      end
    end
  end
end

local function begin()
  local board = two_way.board(peripheral)
  two_way.run_peripheral(peripheral, board, { receive_task, answer_task })
  return two_way.run_central(central, { receive_answers_task, send_task })
end

-- So many messages were answered, each of them came once, in order.
local function expect_answers(count)
  two_way.wait_for(answers, count, s(30))
  for index = 1, count do
    expect(received[index]):equals(MESSAGE .. " " .. index)
    expect(answers[index]):equals(ANSWER .. MESSAGE .. " " .. index)
  end
end

scenario("the peripheral answers what the central says", function()
  local visits = begin()
  expect_answers(5)
  expect(now()):named("a message a second"):at_most(s(6))
  expect(visits):has_length(1)
end)

scenario("the link drops for want of packets, and the messages go on", { own_air = true }, function()
  local visits = begin()
  expect_answers(2)
  local silence = lose { kind = "data" }
  visits[1]:wait_disconnected(s(2))
  silence:remove()
  expect(visits[1].reason):named("supervision timeout"):equals(CONNECTION_TIMEOUT)
  expect_answers(5)
  expect(visits):has_length(2)
  expect(visits[2].connected):is_true()
end)

scenario("the peripheral is without power for two seconds, and the messages go on", { own_air = true }, function()
  local visits = begin()
  expect_answers(2)
  peripheral:power_off()
  sleep(s(2))
  expect(visits[1].reason):named("supervision timeout"):equals(CONNECTION_TIMEOUT)
  peripheral:power_on()
  expect_answers(5)
  expect(visits):has_length(2)
end)

scenario("the central is without power for two seconds, and the messages go on", { own_air = true }, function()
  local visits = begin()
  expect_answers(2)
  central:power_off()
  sleep(s(2))
  central:power_on()
  expect_answers(5)
  expect(visits):has_length(2)
end)
