-- Each control procedure of the link layer from each side, and those that collide: both ends come to the same.
-- Core v5.4, Vol 6, Part B, 5.1 (the procedures), 5.2 (one that is not answered), 5.3 (collisions).
-- SPDX-License-Identifier: MIT
local central    = device { name = "central",    address = "00:1B:DC:00:00:01" }
local peripheral = device { name = "peripheral", address = "00:1B:DC:00:00:02" }

local REMOTE_USER_TERMINATED  = 0x13
local TERMINATED_BY_LOCAL     = 0x16
local UNSUPPORTED             = 0x1A
local RESPONSE_TIMEOUT        = 0x22
local PROCEDURE_COLLISION     = 0x23
local TRANSACTION_COLLISION   = 0x2A
local UNACCEPTABLE_PARAMETERS = 0x3B

local CONNECTION_PARAMETERS_REQUEST = 1 << 1

local function connect(to, parameters)
  to = to or peripheral
  to:advertise { interval = ms(20) }
  local conn = central:connect(to, parameters or { interval = ms(30) })
  local link = to:wait_connected(s(1))
  sleep(ms(75)) -- what the link layers themselves want to know at first
  return conn, link
end

-- Both hosts begin in the same instant. Returns what went wrong at each, nil where nothing did.
local function at_once(at_central, at_peripheral)
  local other = peripheral:script(function() return pcall(at_peripheral) end)
  local ok, problem = pcall(at_central)
  local other_ok, other_problem = other:join(s(45))
  return not ok and problem or nil, not other_ok and other_problem or nil
end

local function expect_parameters(conn, link, interval, latency, timeout)
  for _, side in ipairs { conn, link } do
    expect(side.interval):named(side.role .. ": interval"):equals(interval)
    expect(side.latency):named(side.role .. ": latency"):equals(latency)
    expect(side.supervision_timeout):named(side.role .. ": timeout"):equals(timeout)
  end
end

local function expect_phys(conn, link, to_peripheral, to_central)
  local tx, rx = conn:phy()
  expect(tx):named("central: tx"):equals(to_peripheral)
  expect(rx):named("central: rx"):equals(to_central)
  tx, rx = link:phy()
  expect(tx):named("peripheral: tx"):equals(to_central)
  expect(rx):named("peripheral: rx"):equals(to_peripheral)
end

local function expect_channels(conn, link, channels)
  expect(conn:channels()):named("central: channels"):equals(channels)
  expect(link:channels()):named("peripheral: channels"):equals(channels)
end

-- --- each procedure from each side ---

for _, asker in ipairs { "central", "peripheral" } do
  scenario("version exchange asked for by the " .. asker, function()
    local conn, link = connect()
    local first, second = conn, link
    if asker == "peripheral" then
      first, second = link, conn
    end
    local version = first:remote_version()
    expect(version):equals { version = 10, company = 0xFFFF, subversion = 0 }
    -- The other has heard it already: nothing more goes on the air.
    local asked = now()
    expect(second:remote_version()):equals(version)
    expect(first:remote_version()):equals(version)
    expect(now() - asked):below(ms(2))
  end)

  scenario("feature exchange asked for by the " .. asker, function()
    local conn, link = connect()
    local first, second = conn, link
    if asker == "peripheral" then
      first, second = link, conn
    end
    local features = first:remote_features()
    expect(features & CONNECTION_PARAMETERS_REQUEST):differs(0)
    local asked = now()
    expect(second:remote_features()):equals(features)
    expect(now() - asked):below(ms(2))
  end)

  scenario("connection parameters asked for by the " .. asker, function()
    local conn, link = connect()
    local first, second = conn, link
    if asker == "peripheral" then
      first, second = link, conn
    end
    first:update { interval = ms(20), supervision_timeout = s(2) }
    expect_parameters(conn, link, ms(20), 0, s(2))
    second.device:accept_updates(false)
    local refused = expect_error(function() first:update { interval = ms(50) } end)
    expect(refused.code):equals(UNACCEPTABLE_PARAMETERS)
    expect_parameters(conn, link, ms(20), 0, s(2))
    second.device:accept_updates(true)
    first:update { interval = ms(40), latency = 2 }
    expect_parameters(conn, link, ms(40), 2, s(2))
  end)

  scenario("termination by the " .. asker, function()
    local conn, link = connect()
    local first, second = conn, link
    if asker == "peripheral" then
      first, second = link, conn
    end
    expect(first:disconnect(0x15)):equals(TERMINATED_BY_LOCAL)
    expect(second:wait_disconnected(s(1))):equals(0x15)
  end)
end

scenario("connection update of a peripheral that cannot be asked", function()
  local old = device { name = "old", address = "00:1B:DC:00:00:03", features = 0 }
  local conn, link = connect(old)
  -- Not known yet: LL_CONNECTION_PARAM_REQ, LL_UNKNOWN_RSP, and only then the update.
  conn:update { interval = ms(20) }
  expect_parameters(conn, link, ms(20), 0, conn.supervision_timeout)
  expect(conn:remote_features()):equals(0)
  conn:update { interval = ms(40), latency = 1 }
  expect_parameters(conn, link, ms(40), 1, conn.supervision_timeout)
end)

scenario("minimum number of used channels", function()
  local FEATURES = 1 << 16 | 1 << 3 -- that procedure, and features asked for by the peripheral
  local hub = device { name = "hub", address = "00:1B:DC:00:00:03", features = FEATURES }
  local narrow = device {
    name = "narrow", address = "00:1B:DC:00:00:04", features = FEATURES, min_used_channels = 20,
  }
  narrow:advertise { interval = ms(20) }
  local conn = hub:connect(narrow, { interval = ms(30) })
  -- Told as soon as the peripheral knows that the central understands it.
  expect(conn:remote_features()):equals(FEATURES)
  sleep(ms(50))
  expect(conn:channels()):has_length(37)
end)

scenario("channel map update", function()
  local conn, link = connect()
  local few = { 0, 1, 2, 18, 36 }
  expect(conn:channels()):has_length(37)
  central:use_channels(few)
  sleep(ms(400))
  expect_channels(conn, link, few)
  central:use_channels()
  sleep(ms(400))
  expect(conn:channels()):has_length(37)
  expect(link:channels()):has_length(37)
end)

for _, asker in ipairs { "central", "peripheral" } do
  scenario("data length asked for by the " .. asker, function()
    local conn, link = connect()
    local first, second = conn, link
    if asker == "peripheral" then
      first, second = link, conn
    end
    for _, octets in ipairs { 100, 27, 251 } do
      first:data_length { octets = octets }
      sleep(ms(100))
      expect(first:data_length().tx_octets):equals(octets)
      expect(second:data_length().rx_octets):equals(octets)
      expect(second:data_length().tx_octets):equals(251)
    end
  end)

  scenario("PHYs asked for by the " .. asker, function()
    local conn, link = connect()
    local first = asker == "central" and conn or link
    expect_phys(conn, link, "1M", "1M")
    first:set_phy { tx = "2M", rx = "2M" }
    expect_phys(conn, link, "2M", "2M")
    first:set_phy { tx = "coded", rx = "coded", coding = 2 }
    expect_phys(conn, link, "coded", "coded")
    first:set_phy { tx = "coded", rx = "2M" }
    if asker == "central" then
      expect_phys(conn, link, "coded", "2M")
    else
      expect_phys(conn, link, "2M", "coded")
    end
    first:set_phy { tx = "1M", rx = "1M" }
    expect_phys(conn, link, "1M", "1M")
    -- As it is: LL_PHY_UPDATE_IND says that nothing changes, and names no instant.
    local asked = now()
    first:set_phy { tx = "1M", rx = "1M" }
    expect(now() - asked):below(3 * ms(30))
  end)
end

scenario("a peripheral that knows no later procedure", function()
  local old = device { name = "old", address = "00:1B:DC:00:00:03", features = 0 }
  local conn, link = connect(old)
  local refused = expect_error(function() conn:set_phy { tx = "2M", rx = "2M" } end)
  expect(refused.code):equals(UNSUPPORTED)
  conn:data_length { octets = 251 }
  sleep(ms(100))
  expect(conn:data_length().tx_octets):equals(27)
  expect(conn:remote_version()):equals(link:remote_version())
  expect(conn:remote_features()):equals(0)
end)

-- --- the same from both sides at once ---

scenario("both exchange versions at once", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:remote_version() end,
                                 function() link:remote_version() end)
  expect(problem):named("central"):is_nil()
  expect(other):named("peripheral"):is_nil()
  expect(conn:remote_version()):equals(link:remote_version())
end)

scenario("both exchange features at once", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:remote_features() end,
                                 function() link:remote_features() end)
  expect(problem):named("central"):is_nil()
  expect(other):named("peripheral"):is_nil()
  expect(conn:remote_features()):equals(link:remote_features())
end)

scenario("both ask for connection parameters at once: the central's hold", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:update { interval = ms(50) } end,
                                 function() link:update { interval = ms(20) } end)
  expect(problem):named("central"):is_nil()
  expect(other.code):named("peripheral"):equals(PROCEDURE_COLLISION)
  sleep(ms(500))
  expect(conn.interval):equals(ms(50))
  expect(link.interval):equals(ms(50))
  link:update { interval = ms(20) }
  expect(conn.interval):equals(ms(20))
end)

scenario("both ask for a data length at once", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:data_length { octets = 60 } end,
                                 function() link:data_length { octets = 80 } end)
  expect(problem):named("central"):is_nil()
  expect(other):named("peripheral"):is_nil()
  sleep(ms(150))
  expect(conn:data_length().tx_octets):equals(60)
  expect(link:data_length().rx_octets):equals(60)
  expect(link:data_length().tx_octets):equals(80)
  expect(conn:data_length().rx_octets):equals(80)
end)

scenario("both ask for PHYs at once: the central's request counts", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:set_phy { tx = "2M", rx = "2M" } end,
                                 function() link:set_phy { tx = "2M", rx = "2M" } end)
  expect(problem):named("central"):is_nil()
  expect(other.code):named("peripheral"):equals(PROCEDURE_COLLISION)
  sleep(ms(300))
  expect_phys(conn, link, "2M", "2M")
end)

scenario("both ask for PHYs at once and have none in common", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:set_phy { tx = "2M", rx = "2M" } end,
                                 function() link:set_phy { tx = "coded", rx = "coded" } end)
  expect(problem):named("central"):is_nil()
  expect(other.code):named("peripheral"):equals(PROCEDURE_COLLISION)
  sleep(ms(300))
  expect_phys(conn, link, "1M", "1M")
end)

scenario("both terminate at once", function()
  local conn, link = connect()
  local reasons = {}
  at_once(function() reasons.central = conn:disconnect(0x15) end,
          function() reasons.peripheral = link:disconnect(0x14) end)
  -- The central's LL_TERMINATE_IND goes first and is acknowledged by the peripheral's.
  expect(reasons.central):equals(TERMINATED_BY_LOCAL)
  expect(reasons.peripheral):equals(0x15)
end)

-- --- different ones at once ---

scenario("the peripheral's parameters against the central's channel map", function()
  local conn, link = connect()
  local few = { 3, 5, 7, 9, 11 }
  local problem, other = at_once(function() central:use_channels(few) end,
                                 function() link:update { interval = ms(20) } end)
  expect(problem):named("central"):is_nil()
  expect(other.code):named("peripheral"):equals(TRANSACTION_COLLISION)
  sleep(ms(300))
  expect_channels(conn, link, few)
  link:update { interval = ms(20) }
  expect(conn.interval):equals(ms(20))
end)

scenario("the peripheral's parameters against the central's PHYs", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:set_phy { tx = "2M", rx = "2M" } end,
                                 function() link:update { interval = ms(20) } end)
  expect(problem):named("central"):is_nil()
  expect(other.code):named("peripheral"):equals(TRANSACTION_COLLISION)
  sleep(ms(300))
  expect_phys(conn, link, "2M", "2M")
  link:update { interval = ms(20) }
  expect(conn.interval):equals(ms(20))
end)

scenario("the peripheral's PHYs against the central's parameters", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:update { interval = ms(20) } end,
                                 function() link:set_phy { tx = "2M", rx = "2M" } end)
  expect(problem):named("central"):is_nil()
  expect(other.code):named("peripheral"):equals(TRANSACTION_COLLISION)
  sleep(ms(300))
  expect(link.interval):equals(ms(20))
  link:set_phy { tx = "2M", rx = "2M" }
  expect_phys(conn, link, "2M", "2M")
end)

scenario("the peripheral's PHYs against the central's channel map", function()
  local conn, link = connect()
  local few = { 2, 4, 6, 8, 10 }
  local problem, other = at_once(function() central:use_channels(few) end,
                                 function() link:set_phy { tx = "2M", rx = "2M" } end)
  expect(problem):named("central"):is_nil()
  expect(other.code):named("peripheral"):equals(TRANSACTION_COLLISION)
  sleep(ms(300))
  expect_channels(conn, link, few)
  expect_phys(conn, link, "1M", "1M")
end)

scenario("procedures without an instant disturb nobody", function()
  local conn, link = connect()
  local problem, other = at_once(function() conn:update { interval = ms(20) } end,
                                 function()
    link:remote_version()
    link:remote_features()
    link:data_length { octets = 50 }
  end)
  expect(problem):named("central"):is_nil()
  expect(other):named("peripheral"):is_nil()
  expect(conn.interval):equals(ms(20))
  expect(link.interval):equals(ms(20))
end)

scenario("one host's own procedures take turns", function()
  local conn, link = connect()
  local few = { 4, 8, 15, 16, 23 }
  local running = {
    central:script(function() conn:update { interval = ms(20) } end),
    central:script(function() central:use_channels(few) end),
    central:script(function() conn:remote_features() end),
    central:script(function() conn:remote_version() end),
    central:script(function() conn:set_phy { tx = "2M", rx = "2M" } end),
    central:script(function() conn:data_length { octets = 99 } end),
  }
  for _, script in ipairs(running) do
    script:join(s(2))
  end
  sleep(ms(500))
  expect(conn.interval):equals(ms(20))
  expect(link.interval):equals(ms(20))
  expect_channels(conn, link, few)
  expect_phys(conn, link, "2M", "2M")
  expect(link:data_length().rx_octets):equals(99)
end)

scenario("termination overtakes what is under way", function()
  local conn, link = connect()
  local function update() link:update { interval = ms(20) } end
  local asking = peripheral:script(function() return pcall(update) end)
  sleep(ms(75))
  expect(conn:disconnect()):equals(TERMINATED_BY_LOCAL)
  local ok, problem = asking:join(s(1))
  expect(ok):is_false()
  expect(problem.code):equals(REMOTE_USER_TERMINATED)
  expect(link.reason):equals(REMOTE_USER_TERMINATED)
end)

-- --- and one that is never answered ---

scenario("a host that does not reply costs the connection after 40 s", function()
  local conn = connect(peripheral, { interval = s(1), supervision_timeout = s(10) })
  peripheral:freeze()
  local asked = now()
  expect_error(function() conn:update { interval = ms(500) } end)
  expect(conn:wait_disconnected(s(1))):equals(RESPONSE_TIMEOUT)
  expect(now() - asked):near(s(40), ms(1))
end)
