-- A sensor hands over its log through an L2CAP channel: SDUs larger than any packet, both ways.
-- Core v5.4, Vol 3, Part A, 4.22 to 4.24 and 10.1: LE credit-based flow control.
-- SPDX-License-Identifier: MIT
local LOG, SECRET = 0x0081, 0x0082

local sensor = device { name = "sensor", address = "C0:00:00:00:00:51" }
local phone  = device { name = "phone",  address = "00:1B:DC:00:00:01" }

-- Answers each request with as many octets as it asks for.
local function serve(listener)
  local channel = listener:accept(s(5))
  for _ = 1, 3 do
    local size = tonumber(channel:receive(s(5)))
    channel:send(string.rep("log ", size // 4))
  end
  return pcall(channel.receive, channel, s(5))
end

scenario("a log is read through a channel", function()
  local listener = sensor:listen_l2cap { psm = LOG, mtu = 64 }
  sensor:listen_l2cap { psm = SECRET, refuse = 0x0005 }
  local serving = sensor:script(serve, listener)
  sensor:advertise { name = "Logger" }

  local conn = phone:connect(sensor)
  expect_error(function() conn:l2cap { psm = 0x0083 } end, "SPSM not supported")
  expect_error(function() conn:l2cap { psm = SECRET } end, "Insufficient authentication")

  local channel = conn:l2cap { psm = LOG, mtu = 1000, mps = 100, credits = 3 }
  expect(channel.mtu):equals(64)
  for _, size in ipairs { 4, 96, 1000 } do
    channel:send(tostring(size))
    expect(channel:receive(s(5))):equals(string.rep("log ", size // 4))
  end

  expect_error(function() channel:send(string.rep("x", 65)) end, "Too long")
  channel:close()
  expect(channel.open):is_false()
  local ok, err = serving:join(s(5))
  expect(ok):is_false()
  expect(err.name):equals("Not connected")
  conn:disconnect()
end)
