-- A long transfer through a bad channel, and a link that lives or dies by its last retransmission.
-- Core v5.4, Vol 6, Part B, 4.5.9 (acknowledgement), 4.5.2 (supervision timeout).
-- SPDX-License-Identifier: MIT
local logger = device { name = "logger", address = "C0:00:00:00:51:0A" }
local phone  = device { name = "phone",  address = "00:1B:DC:00:00:01" }

local CONNECTION_TIMEOUT = 0x08
local INTERVAL, TIMEOUT = ms(50), s(1)

local service = logger:service(0xFFE0)
local sink = service:characteristic { uuid = 0xFFE1, properties = "write_without_response" }
local source = service:characteristic { uuid = 0xFFE2, properties = "notify" }

-- Connected, the data lengths agreed on, all answered: from here on packets are counted.
local function connect()
  logger:advertise { interval = ms(20) }
  local conn = phone:connect(logger, { interval = INTERVAL, supervision_timeout = TIMEOUT })
  conn:exchange_mtu()
  sleep(ms(200))
  return conn
end

local function block(i)
  return string.format("%04d:", i) .. string.rep(string.char(65 + i % 26), 100)
end

scenario("a long transfer through 10 % loss arrives whole, both ways", function()
  local conn = connect()
  local there = conn:characteristic(0xFFE0, 0xFFE1)
  local beats = conn:characteristic(0xFFE0, 0xFFE2):subscribe()
  local before = radio_stats()
  local noise = lose { kind = "data", chance = 0.1 }
  local sender = logger:script(function()
    for i = 1, 100 do
      source:notify(block(i))
      sleep(ms(25))
    end
  end)
  for i = 1, 100 do
    there:write_without_response(block(i))
  end
  for i = 1, 100 do
    expect(sink:next_write(s(10))):named("write " .. i):equals(block(i))
    expect(beats:next(s(10))):named("notification " .. i):equals(block(i))
  end
  sender:join()
  sleep(s(1))
  noise:remove()
  -- Nothing came twice.
  expect_error(function() beats:next(ms(500)) end, "Timed out")
  expect_error(function() sink:next_write(ms(500)) end, "Timed out")
  local after = radio_stats()
  local lost, sent = after.lost_by_rule - before.lost_by_rule, after.sent - before.sent
  expect(lost * 100):named("lost, of " .. sent):at_least(sent * 4):at_most(sent * 16)
  expect(conn.connected):is_true()
  conn:disconnect()
end)

scenario("at 100 % loss both ends give up a supervision timeout after what they heard last", function()
  local conn = connect()
  local link = logger:connections()[1]
  local silence = lose { kind = "data" }
  local begun = now()
  expect(link:wait_disconnected(s(2))):equals(CONNECTION_TIMEOUT)
  expect(now() - begun):above(TIMEOUT - INTERVAL):at_most(TIMEOUT)
  expect(conn:wait_disconnected(s(2))):equals(CONNECTION_TIMEOUT)
  expect(now() - begun):above(TIMEOUT - INTERVAL):at_most(TIMEOUT)
  silence:remove()
end)

-- An interval is a twentieth of the timeout: a packet that is tried in 19 events after the last
-- that was heard can still be heard in time; in the twentieth its end comes too late.
for lost = 17, 19 do
  local name = { [17] = "the last but one retransmission is heard, and the link lives",
                 [18] = "the last retransmission is heard, and the link lives",
                 [19] = "a retransmission after the timeout comes too late" }
  scenario(name[lost], function()
    local conn = connect()
    local there = conn:characteristic(0xFFE0, 0xFFE1)
    sleep(ms(200))
    local fault = lose { from = phone, to = logger, kind = "data", count = lost }
    local begun = now()
    there:write_without_response("still here")
    if lost < 19 then
      expect(sink:next_write(s(2))):equals("still here")
      expect(now() - begun):named("time to arrive"):above(lost * INTERVAL):at_most((lost + 1) * INTERVAL)
      expect_error(function() sink:next_write(s(1)) end, "Timed out")
      expect(conn.connected):is_true()
      conn:disconnect()
    else
      expect(conn:wait_disconnected(s(2))):equals(CONNECTION_TIMEOUT)
      expect(now() - begun):above(TIMEOUT - INTERVAL):at_most(TIMEOUT)
      expect_error(function() sink:next_write(s(1)) end, "Timed out")
    end
    fault:remove()
  end)
end
