-- SPDX-License-Identifier: MIT
-- What both forms of the two-way tutorial for Pico W boards share: the two programs around their tasks.
-- A program goes on for ever: when the link drops it looks for the other board again.
local two_way = { SERVICE = 0x1848, MESSAGE = 0x2A6E, NAME = "Pico" }

local RETRY = ms(100)
local mailbox = {}

-- What one task of a board hands to another.
function two_way.mailbox()
  return setmetatable({ first = 1, last = 0 }, { __index = mailbox })
end

function mailbox:put(value)
  self.last = self.last + 1
  self[self.last] = value
end

-- The oldest value; waits for one as long as the connection is up, then nil.
function mailbox:take(conn)
  while self.first > self.last do
    if not conn.connected then
      return nil
    end
    sleep(ms(10))
  end
  self.first = self.first + 1
  return self[self.first - 1]
end

-- Starts the tasks of one connection side by side, and waits until each has returned.
local function gather(device, tasks, ...)
  local running = {}
  for index, task in ipairs(tasks) do
    running[index] = device:script(task, ...)
  end
  for _, task in ipairs(running) do
    task:join()
  end
end

-- The server's characteristic, which all connections share.
function two_way.board(device)
  return device:service(two_way.SERVICE):characteristic {
    uuid = two_way.MESSAGE, properties = "read, notify, write", max_length = 64,
  }
end

-- One connection of the peripheral: advertises, waits, runs the tasks until the link is gone.
local function serve_once(device, board, tasks)
  device:advertise {
    name = two_way.NAME,
    services = { two_way.SERVICE },
    appearance = 0x0300,
    interval = ms(250),
  }
  log("starts to advertise")
  local conn = device:wait_connected()
  log("connected to", conn.peer)
  gather(device, tasks, conn, board)
  log("disconnected:", select(2, conn:wait_disconnected()))
end

-- Starts the peripheral's program; each task is a function of the connection and the characteristic.
function two_way.run_peripheral(device, board, tasks)
  return device:script(function()
    while true do
      if not pcall(serve_once, device, board, tasks) then
        sleep(RETRY)   -- without power there is nothing to be done
      end
    end
  end)
end

-- One connection of the central: scans, connects, discovers, runs the tasks until the link is gone.
local function visit_once(device, tasks, visits)
  local adv = device:scan { service = two_way.SERVICE, timeout = s(5) }
  log("connects to", adv.name)
  local conn = device:connect(adv, { supervision_timeout = s(1) })
  local found, there = pcall(function()
    conn:exchange_mtu()
    return conn:characteristic(two_way.SERVICE, two_way.MESSAGE)
  end)
  if not found then
    log("cannot discover:", there.name)
    conn:disconnect()
    return
  end
  visits[#visits + 1] = conn
  gather(device, tasks, conn, there)
  log("disconnected:", select(2, conn:wait_disconnected()))
end

-- Starts the central's program; each task is a function of the connection and the characteristic.
-- Returns the list to which each connection is added as it is ready to be used.
function two_way.run_central(device, tasks)
  local visits = {}
  device:script(function()
    while true do
      if not pcall(visit_once, device, tasks, visits) then
        sleep(RETRY)
      end
    end
  end)
  return visits
end

-- Waits until a list has so many values.
function two_way.wait_for(list, count, timeout)
  local deadline = now() + timeout
  while #list < count do
    expect(now()):named("time until there are " .. count .. " messages"):below(deadline)
    sleep(ms(50))
  end
end

return two_way
