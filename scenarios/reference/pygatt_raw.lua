-- A program that knows the dongle's protocol sends commands as they are, and waits for what it says.
-- pygatt's BGAPI backend: send_command(), expect() and expect_any().
-- SPDX-License-Identifier: MIT
local sensor = device { name = "sensor", address = "01:23:45:67:89:AB" }
local stick  = dongle { name = "stick",  address = "00:07:80:00:00:01", port = "/dev/ttyACM0" }

local function start()
  sensor:service(0x180D):characteristic { uuid = 0x2A37, properties = "read", value = "\x00\x3c" }
  sensor:advertise { name = "Heart Rate", interval = ms(200) }
  local adapter = BGAPIBackend()
  adapter:start()
  return adapter
end

scenario("commands and their responses", function()
  local adapter = start()
  local hello = adapter:send_command("system_hello")
  expect(hello.kind):equals("response")
  expect(hello.packet):equals("system_hello")
  expect(hello.payload):equals("")
  local address = adapter:send_command("system_address_get")
  expect(address.address):equals("00:07:80:00:00:01")
  expect(address.class):equals(0)
  expect(address.id):equals(2)
  local mode = adapter:send_command { class = 6, id = 1, payload = "\x00\x00" }
  expect(mode.result):equals(0)

  -- One that there is not, one that fails, one that does not fit.
  local err = expect_error(function() adapter:send_command { class = 7, id = 99 } end, "BGAPIError")
  expect(err.code):equals(0x0184)
  err = expect_error(function() adapter:send_command("gap_end_procedure") end, "BGAPIError")
  expect(err.code):equals(0x0181)
  err = expect_error(function() adapter:send_command("gap_discover", { mode = 256 }) end, "BGAPIError")
  expect(err.code):equals(0x0180)
  expect_error(function() adapter:send_command("gap_discover") end, "gap_discover needs the parameter mode")
  expect_error(function() adapter:send_command("gap_discover", { mode = 2, fast = 1 }) end, "gap_discover: unknown field 'fast'")
  expect_error(function() adapter:send_command("gap_disco") end, "there is no command 'gap_disco'")
  adapter:stop()
end)

scenario("a connection by hand", { own_air = true }, function()
  local adapter = start()
  local heard = adapter:expect("gap_scan_response", "gap_discover", { mode = 2 }, { timeout = 2 })
  expect(heard.kind):equals("event")
  expect(heard.address):equals("01:23:45:67:89:AB")
  expect(heard.packet_type):equals(0)
  adapter:send_command("gap_end_procedure")

  adapter:send_command("gap_connect_direct", {
    address = heard.address, address_type = heard.address_type,
    interval_min = 6, interval_max = 12, timeout = 100, latency = 0,
  })
  local status = adapter:expect_any({ "connection_status" }, { timeout = 5 })
  expect(status.flags):equals(5)   -- connected, completed
  local conn = status.conn
  adapter:send_command("connection_update", { conn = conn, interval_min = 24, interval_max = 24, latency = 0, timeout = 200 })
  expect(adapter:expect_any({ "connection_status" }, { timeout = 5 }).interval):equals(24)

  -- The heart-rate service, and the first characteristic of that kind.
  local group = adapter:expect("attclient_group_found", "attclient_read_by_group_type",
    { conn = conn, start = 1, ["end"] = 0xFFFF, uuid = "\x00\x28" }, { timeout = 5 })
  while group.uuid ~= "\x0d\x18" do
    group = adapter:expect_any({ "attclient_group_found" }, { timeout = 5 })
  end
  expect(adapter:expect_any({ "attclient_procedure_completed" }, { timeout = 5, assert_return_success = false }).conn):equals(conn)
  local value = adapter:expect("attclient_attribute_value", "attclient_read_by_handle",
    { conn = conn, handle = group.start + 2 }, { timeout = 5 })
  expect(value.value):equals("\x00\x3c")

  -- A failure is an error, unless it is asked for.
  local err = expect_error(function()
    adapter:expect("attclient_procedure_completed", "attclient_read_by_handle", { conn = conn, handle = 0x4000 }, { timeout = 5 })
  end, "BGAPIError: Invalid Handle")
  expect(err.code):equals(0x0401)
  adapter:send_command("attclient_read_by_handle", { conn = conn, handle = 0x4000 })
  local completed = adapter:expect_any({ "attclient_procedure_completed", "connection_disconnected" },
    { timeout = 5, assert_return_success = false })
  expect(completed.result):equals(0x0401)

  expect(adapter:expect("connection_disconnected", "connection_disconnect", { conn = conn }, { timeout = 2 }).reason):equals(0x0216)
  expect_error(function() adapter:expect("connection_status", "system_hello") end, "ExpectedResponseTimeout")
  adapter:stop()
end)

scenario("the reset, from outside", { own_air = true }, function()
  local adapter = start()
  local device = adapter:connect("01:23:45:67:89:AB")
  expect(adapter:send_command("system_reset", { dfu = 0 })):is_nil()
  sleep(s(1))
  expect_error(function() device:char_read(0x2A37) end, "NotConnectedError")
  adapter:stop()
end)
