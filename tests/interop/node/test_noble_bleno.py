#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""noble and bleno, Node.js's central and peripheral, on controllers of `blueroom serve`.

usage: test_noble_bleno.py PROGRAM [UNITTEST-ARGUMENTS]

Needs node, and the packages in build/node; exit status 77 where they are not, and why.
"""

import pathlib
import re
import shutil
import signal
import sys
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import node_case  # noqa: E402
from node_case import ROOT, Case, Program  # noqa: E402

sys.path.insert(0, str(ROOT / "tests"))

from air import keys  # noqa: E402

SENSOR = "001bdc00180d"
HEADER = f"""
-- A sensor that does what it is told.
-- SPDX-License-Identifier: MIT
local sensor = device {{ name = "sensor", address = "{SENSOR}", position = {{ x = 2 }} }}
""".replace(SENSOR, ":".join(re.findall("..", SENSOR.upper())))

# Connects to the sensor, by a scan or at once, and learns its attributes: c('aa01').
BY_SCAN = """
const found = new Promise((resolve) => host.once('discover', resolve));
await host.startScanningAsync(['aa00']);
globalThis.peer = await found;
await peer.connectAsync();
"""
AT_ONCE = f"""
globalThis.peer = await host.connectAsync('{SENSOR}', {{ addressType: 'public' }});
"""
LEARN = """
peer.once('disconnect', (reason) => events.push(reason));
const all = (await peer.discoverAllServicesAndCharacteristicsAsync()).characteristics;
globalThis.c = (uuid) => all.find((characteristic) => characteristic.uuid === uuid);
"""
BLENO = """
globalThis.value = Buffer.from('first');
globalThis.updates = {};
const echo = new host.Characteristic({
  uuid: 'aa01', properties: ['read', 'write', 'writeWithoutResponse', 'notify'],
  onReadRequest: (handle, offset, answer) => answer(0, value.subarray(offset)),
  onWriteRequest(handle, data, offset, withoutResponse, answer) {
    if (data.length > 1) value = data;
    events.push(data[0]);
    answer(0);
  },
  onSubscribe: (handle, length, update) => { updates[handle] = update; },
  onUnsubscribe: (handle) => { delete updates[handle]; },
});
const sure = new host.Characteristic({
  uuid: 'aa02', properties: ['indicate'],
  onSubscribe: (handle, length, update) => update(Buffer.from('sure')),
  onIndicate: () => events.push('confirmed'),
});
const secret = new host.Characteristic({
  uuid: 'aa03', properties: ['read'], secure: ['read'], value: Buffer.from('secret'),
});
host.on('accept', (address) => events.push(`accept ${address}`));
host.on('disconnect', (address) => events.push(`disconnect ${address}`));
await host.setServicesAsync([
  new host.PrimaryService({ uuid: 'aa00', characteristics: [echo, sure, secret] })]);
await host.startAdvertisingAsync('Bleno', ['aa00']);
"""


class Readme(Case):
    """What the README shows, as it stands there."""

    def setUp(self):
        super().setUp()
        for name, text in node_case.shown_files().items():
            (self.top / name).write_text(text, encoding="utf-8")
        self.commands = iter(node_case.shown_commands(self.top))
        # What is shown last is run first.

    def serve_shown(self):
        command = next(self.commands)
        self.assertEqual(command[:2], ["build/release/blueroom", "serve"])
        self.start(*command[2:])

    def node(self):
        setting, *command = next(self.commands)
        return self.keep(Program(*command, port=setting.partition("=")[2], cwd=self.top))

    def skip_commands(self, count):
        for _ in range(count):
            next(self.commands)

    def beats(self, noble, where):
        lines, status = noble.rest()
        self.assertEqual(status, 0, noble.errors)
        self.assertRegex(lines[0], where)
        beats = [int(re.fullmatch(r"(\d+) beats a minute", line)[1]) for line in lines[1:]]
        self.assertEqual([beat % 10 for beat in beats], [(beats[0] + n) % 10 for n in range(3)])
        shown = re.findall("^    (.* beats? a minute)$", node_case.section(), re.MULTILINE)
        self.assertEqual(len(shown), len(beats))

    def test_noble_at_our_sensor(self):
        self.serve_shown()
        self.beats(self.node(), r"^Heart Rate at -46 dBm, worn at 1$")
        self.stop()
        self.said(self.dump("sensor", "noble.btsnoop"),
                  "CMD  LE Set Scan Enable enable=1", "ADV_IND addr=00:1B:DC:00:18:0D",
                  "CMD  LE Create Connection .*peer=00:1B:DC:00:18:0D",
                  "Connection Complete status=Success .*role=central",
                  "> ACL .*ATT_EXCHANGE_MTU_REQ mtu=256", "< ACL .*ATT_EXCHANGE_MTU_RSP mtu=247",
                  "> ACL .*ATT_READ_REQ", "< ACL .*ATT_READ_RSP value=01",
                  "> ACL .*ATT_WRITE_REQ .*value=0100", "< ACL .*ATT_WRITE_RSP",
                  "< ACL .*ATT_HANDLE_VALUE_NTF .*value=00", "> ACL .*ATT_WRITE_REQ .*value=0000",
                  "CMD  Disconnect", "Disconnection Complete status=Success")

    def test_our_phone_at_bleno(self):
        self.skip_commands(2)
        self.serve_shown()
        self.node()
        phone = []
        while len(phone) < 4:
            phone.append(self.server.process.stderr.readline())
        self.assertIn("worn at\t2", phone[0])
        beats = [int(re.search(r"(\d+)\tbeats a minute", line)[1]) for line in phone[1:]]
        self.assertEqual(beats, list(range(beats[0], beats[0] + 3)))
        self.stop()
        self.said(self.dump("phone", "bleno.btsnoop"), "CMD  LE Set Advertising Enable enable=1",
                  "Connection Complete status=Success .*role=peripheral",
                  "< ACL .*ATT_READ_REQ", "> ACL .*ATT_READ_RSP value=02",
                  "< ACL .*ATT_WRITE_REQ .*value=01", "> ACL .*ATT_WRITE_RSP",
                  "< ACL .*ATT_WRITE_REQ .*value=02", "> ACL .*ATT_ERROR_RSP",
                  "< ACL .*ATT_WRITE_REQ .*value=0100", "> ACL .*ATT_HANDLE_VALUE_NTF")

    def test_across_the_room(self):
        self.skip_commands(4)
        self.serve_shown()
        self.node()
        self.beats(self.node(), r"^Heart Rate at -20 dBm, worn at 2$")
        self.stop()
        self.said(self.dump("serve", "bleno.btsnoop"),
                  "Connection Complete status=Success .*role=peripheral",
                  "< ACL .*ATT_EXCHANGE_MTU_REQ mtu=256", "> ACL .*ATT_EXCHANGE_MTU_RSP mtu=256",
                  "> ACL .*ATT_READ_RSP value=02", "> ACL .*ATT_HANDLE_VALUE_NTF",
                  "Disconnection Complete .*reason=Remote User Terminated Connection",
                  "CMD  LE Set Advertising Enable enable=1")

    def test_faster(self):
        """At ten and at a hundred times the wall's pace."""
        command = next(self.commands)[2:]
        setting, *program = next(self.commands)
        for pace in ("10x", "100x"):
            self.start(*command, "--clock", pace)
            self.beats(self.keep(Program(*program, port=setting.partition("=")[2], cwd=self.top)),
                       "worn at 1$")
            self.stop()
            shutil.rmtree(self.top / "out")


class BringUp(Case):
    """What they say up to readiness is what tests/unit/sim replays to controllers of every kind."""
    OPCODES = dict(re.findall(r"X\((\w+), +(0x[0-9A-F]+), ",
                              (ROOT / "wire/include/wire/hci.h").read_text(encoding="utf-8")))

    def replayed(self, package):
        """The commands of a table, as they are written."""
        text = (ROOT / "tests/unit/sim/bring_up_hosts.h").read_text(encoding="utf-8")
        table = re.search(rf" {package}_steps\[\] = {{\n(.*?)^}};", text,
                          re.MULTILINE | re.DOTALL)[1]
        for name, parameters in re.findall(r'HCI_OP_(\w+),\s*"(.*?)"', table):
            octets = bytes.fromhex(parameters.replace("\\x", ""))
            yield (b"\x01" + int(self.OPCODES[name], 16).to_bytes(2, "little") +
                   bytes([len(octets)]) + octets)

    def test_as_replayed(self):
        for package in ("noble", "bleno"):
            self.serve(names=(package,))
            self.host(package)
            time.sleep(0.5)  # more may follow than that it is ready
            self.stop()
            trace = (self.top / "out/serve" / f"{package}.btsnoop").read_bytes()
            sent = [packet for _, packet in keys.records(trace) if packet[0] == 1]
            # In what order depends on when the answers come.
            self.assertEqual(sorted(sent), sorted(self.replayed(package)))
            shutil.rmtree(self.top / "out")


class NobleAtOurs(Case):
    """noble and a sensor of ours that is told what to do by writes to aa02."""
    ROOM = HEADER + """
scenario("a sensor", function()
  local service = sensor:service(0xAA00)
  local echo = service:characteristic {
    uuid = 0xAA01, properties = "read, write, write_without_response, notify, indicate",
    value = string.rep("x", 500),
  }
  local order = service:characteristic { uuid = 0xAA02, properties = "write" }
  service:characteristic { uuid = 0xAA03, properties = "read", value = "secret", read_level = 2 }
  local orders = {
    notify = function() for n = 1, 60 do echo:notify(string.pack("I1", n):rep(200)) end end,
    indicate = function() log("indicated to", echo:indicate("sure")) end,
    disconnect = function(link) link:disconnect() end,
    vanish = function() sensor:power_off() sleep(s(1)) sensor:power_on() end,
    update = function(link)
      log("update", select(2, pcall(function() link:update { interval = ms(100) } end)))
    end,
  }
  while true do
    sensor:advertise { name = "Sensor", services = { 0xAA00 }, interval = ms(100) }
    local link = sensor:wait_connected()
    while link.connected do
      local there, what = pcall(function() return order:next_write(ms(50)) end)
      if there then orders[what](link) end
    end
    log("gone", link.reason)
  end
end)
"""

    def begin(self, *arguments, how=BY_SCAN):
        self.serve(*arguments, room=self.ROOM)
        noble = self.host("noble")
        noble.do(how + LEARN)
        return noble

    @staticmethod
    def order(noble, what):
        noble.do(f"await c('aa02').writeAsync(Buffer.from('{what}'), false).catch(() => 0)")

    def test_values(self):
        """Long ones, many at a time, both ways."""
        noble = self.begin()
        self.assertEqual(noble.do("return peer.mtu"), 247)
        self.assertEqual(noble.do("return await c('aa01').readAsync()"), "78" * 500)
        noble.do("await c('aa01').writeAsync(Buffer.alloc(400, 'y'), false)")
        self.assertEqual(noble.do("return await c('aa01').readAsync()"), "79" * 400)
        noble.do("""
            for (let n = 0; n < 100; n++) c('aa01').write(Buffer.alloc(244, n), true);
            await c('aa01').writeAsync(Buffer.from('end'), false);""")
        self.assertEqual(noble.do("return await c('aa01').readAsync()"), b"end".hex())
        noble.do("""
            c('aa01').on('data', (data, pushed) => pushed && events.push(data[0]));
            await c('aa01').subscribeAsync();""")
        self.assertEqual(noble.do("""
            const [configuration] = await c('aa01').discoverDescriptorsAsync();
            return await configuration.readValueAsync();"""), "0100")
        self.order(noble, "notify")
        noble.until("events.length >= 60")
        self.assertEqual(noble.do("return events"), list(range(1, 61)))
        self.assertEqual(noble.do("return await peer.updateRssiAsync()"), -46)
        noble.do("await peer.disconnectAsync()")
        self.stop()
        lines = self.dump("room", "noble.btsnoop")
        self.said(lines, "LE Data Length Change .*tx_octets=251 .*rx_octets=251",
                  "ATT_READ_BLOB_REQ", "ATT_PREPARE_WRITE_REQ", "ATT_EXECUTE_WRITE_RSP",
                  "ATT_HANDLE_VALUE_NTF")
        commands = [line for line in lines if "ATT_WRITE_CMD" in line]
        self.assertEqual([line[-2:] for line in commands], [f"{n:02x}" for n in range(100)])

    def test_peer_disconnects(self):
        noble = self.begin()
        self.order(noble, "disconnect")
        noble.until("events.length")
        noble.do(BY_SCAN + LEARN)
        self.order(noble, "vanish")  # without a word
        noble.until("events.length === 2")
        self.assertEqual(noble.do("return events"), [0x13, 0x08])
        noble.do(BY_SCAN + LEARN)
        noble.do("await peer.disconnectAsync()")
        noble.until("events.length === 3")
        self.stop(lossless=False)

    def test_killed_and_back(self):
        """On the same terminal: a new host, and the same device."""
        noble = self.begin()
        noble.process.send_signal(signal.SIGKILL)
        noble.close()
        self.logged("gone\t8")
        noble = self.host("noble")
        noble.do(BY_SCAN + LEARN)
        self.assertEqual(noble.do("return await c('aa01').readAsync()"), "78" * 500)
        noble.do("await peer.disconnectAsync()")
        self.logged("gone\t19")
        self.stop(lossless=False)
        connected = [line for line in self.dump("room", "sensor.btsnoop")
                     if re.search("Connection Complete.* status=Success", line)]
        self.assertEqual(len(set(connected)), 1)  # by the same address, as the same
        self.assertEqual(len(connected), 2)

    def test_pairing(self):
        """Just Works when a read is refused; what follows is encrypted."""
        noble = self.begin()
        self.assertEqual(noble.do("return await c('aa03').readAsync()"), b"secret".hex())
        self.assertEqual(noble.answer("await peer.pairAsync()"),
                         {"error": "Pairing is not supported on this platform"})
        noble.do("await peer.disconnectAsync()")
        self.stop()
        self.said(self.dump("room", "noble.btsnoop"),
                  "ATT_READ_REQ", "ATT_ERROR_RSP .*Insufficient (Authentication|Encryption)",
                  "> ACL .*SMP Pairing Request .*auth=Bonding ", "< ACL .*SMP Pairing Response",
                  "> ACL .*SMP Pairing Confirm", "< ACL .*SMP Pairing Confirm",
                  "> ACL .*SMP Pairing Random", "< ACL .*SMP Pairing Random",
                  "CMD  LE Enable Encryption", "Encryption Change status=Success .*enabled=1",
                  "ATT_READ_RSP value=736563726574")
        self.said(self.dump("room", "air.pcap"), "LL_ENC_REQ", "LL_START_ENC_RSP",
                  r"\[decrypted\] ATT_READ_REQ", r"\[decrypted\] ATT_READ_RSP value=736563726574")

    def test_parameters_are_not_answered(self):
        """noble's mask hides the request of the Link Layer, and it ignores that of L2CAP."""
        noble = self.begin("--clock", "10x")
        self.order(noble, "update")
        self.logged("conn:update: Timed out")
        self.assertEqual(noble.do("return peer.state"), "connected")
        self.stop()
        self.said(self.dump("room", "air.pcap"), "LL_CONNECTION_PARAM_REQ",
                  "LL_REJECT_EXT_IND .*Unsupported Remote Feature",
                  "L2CAP Connection Parameter Update Request")

    def test_fast(self):
        """Nothing is found, but who is asked answers as fast as can be."""
        noble = self.begin("--clock", "fast", how=AT_ONCE)
        self.assertEqual(noble.do("return await c('aa03').readAsync()"), b"secret".hex())
        noble.do("""
            for (let n = 0; n < 20; n++) {
              await c('aa01').writeAsync(Buffer.alloc(400, n), false);
              await c('aa01').readAsync();
            }""")
        self.order(noble, "disconnect")
        noble.until("events.length")
        noble.do(AT_ONCE + LEARN)
        noble.do("await peer.disconnectAsync()")
        self.stop()


class NobleHears(Case):
    """A world of advertisers, and noble among them."""

    def test_beacons(self):
        self.serve(room="""
-- Three beacons at three distances.
-- SPDX-License-Identifier: MIT
local near = device { name = "near", position = { x = 1 } }
local mid = device { name = "mid", position = { x = 4 } }
local far = device { name = "far", address = "C0:00:00:00:00:03", position = { x = 16 } }
scenario("beacons", function()
  near:advertise { name = "Near", manufacturer = { company = 0xFFFF, data = "hello" },
                   connectable = false }
  mid:advertise { service_data = { uuid = 0x180F, data = "\x57" }, services = { 0x180F },
                  scan_response = { name = "Middle", tx_power = 4 } }
  far:advertise { ibeacon = { uuid = "e2c56db5-dffb-48d2-b060-d0f5a71096e0", major = 1, minor = 2 },
                  connectable = false, interval = ms(20) }
end)
""")
        noble = self.host("noble")
        noble.do("""
            host.on('discover', (peripheral) => events.push(peripheral));
            await host.startScanningAsync([], false);""")
        noble.until("new Set(events.map((peripheral) => peripheral.id)).size === 3")
        near, middle, far = noble.do("""
            const all = [...new Set(events)].sort((a, b) => b.rssi - a.rssi);
            return all.map((peripheral) => {
              const { advertisement: a, ...p } = peripheral;
              return {
                name: a.localName, maker: a.manufacturerData, data: a.serviceData,
                uuids: a.serviceUuids, power: a.txPowerLevel, rssi: p.rssi, address: p.address,
                type: p.addressType, open: p.connectable,
              };
            });""")
        self.assertEqual((near["name"], near["maker"]), ("Near", "ffff" + b"hello".hex()))
        self.assertEqual((near["type"], near["open"]), ("public", False))
        self.assertEqual((middle["name"], middle["power"], middle["uuids"], middle["open"]),
                         ("Middle", 4, ["180f"], True))
        self.assertEqual(middle["data"], [{"uuid": "180f", "data": "57"}])
        self.assertEqual((far["address"], far["type"]), ("c0:00:00:00:00:03", "random"))
        self.assertEqual(far["maker"][:8], "4c000215")
        self.assertGreater(near["rssi"], middle["rssi"] + 6)
        self.assertGreater(middle["rssi"], far["rssi"] + 6)
        # Whoever was heard is not told again, until a scan that wants to hear everything.
        noble.do("await new Promise((resolve) => setTimeout(resolve, 300)); events.length = 0;")
        noble.do("await new Promise((resolve) => setTimeout(resolve, 300))")
        self.assertEqual(noble.do("return events.length"), 0)
        noble.do("await host.stopScanningAsync(); await host.startScanningAsync([], true);")
        noble.until("events.filter((peripheral) => peripheral.addressType === 'random').length > 5")
        noble.do("await host.stopScanningAsync()")
        self.stop(lossless=False)  # advertisers that know nothing of each other


class OursAtBleno(Case):
    """bleno, and centrals of ours."""

    def test_ibeacon(self):
        self.serve(names=("bleno",), room="""
-- A phone hears bleno's iBeacon.
-- SPDX-License-Identifier: MIT
local phone = device { name = "phone" }
scenario("an iBeacon", function()
  local adv = phone:scan { manufacturer = 0x004C, timeout = s(60) }
  log(adv.ibeacon.uuid, adv.ibeacon.major, adv.ibeacon.minor, adv.ibeacon.measured_power)
end)
""")
        self.host("bleno").do("""
            await host.startAdvertisingIBeaconAsync(
              'e2c56db5dffb48d2b060d0f5a71096e0', 258, 772, -59);""")
        self.logged("e2c56db5-dffb-48d2-b060-d0f5a71096e0\t258\t772\t-59")
        self.stop()

    def test_two_centrals(self):
        """Each has its own connection, values and subscription."""
        self.serve(names=("bleno",), room="""
-- Two centrals at one peripheral.
-- SPDX-License-Identifier: MIT
local phone = device { name = "phone" }
local watch = device { name = "watch", position = { x = 1 } }
scenario("two centrals", function()
  local function connect(who)
    return who:connect(who:scan { name = "Bleno", service = 0xAA00, timeout = s(60) })
  end
  local first = connect(phone)
  local second = connect(watch)
  expect(first:exchange_mtu()):equals(247)
  local mine, other = first:characteristic(0xAA00, 0xAA01), second:characteristic(0xAA00, 0xAA01)
  expect(mine:read()):equals("first")
  mine:write_long(string.rep("L", 400))
  expect(other:read_long()):equals(string.rep("L", 400))
  for n = 1, 50 do mine:write_without_response(string.char(n):rep(200)) end
  expect(mine:read()):equals(string.char(50):rep(200))
  local hears, also = mine:subscribe(), other:subscribe()
  other:write("z")
  for n = 1, 50 do expect(hears:next(s(5))):equals(string.char(n):rep(100)) end
  expect(also:next(s(5))):equals(string.char(1):rep(20))  -- its MTU is 23
  local sure = first:characteristic(0xAA00, 0xAA02):subscribe()
  expect(sure:next(s(5))):equals("sure")
  expect(sure.kind):equals("indication")
  second:disconnect()
  expect(first:wait_disconnected(s(60))):equals(0x13)
  log("done")
end)
""")
        bleno = self.host("bleno")
        bleno.do(BLENO)
        bleno.until("events.includes('z'.charCodeAt(0))")
        bleno.do("""
            for (let n = 1; n <= 50; n++)
              for (const handle in updates) updates[handle](Buffer.alloc(100, n));""")
        bleno.until("events.includes('confirmed')")
        bleno.until("events.filter((text) => `${text}`.startsWith('disconnect')).length")
        bleno.do("host.disconnect()")
        self.logged("done")
        self.assertEqual(bleno.do("return events.filter((text) => text >= 1 && text <= 50)"),
                         list(range(1, 51)))
        self.stop(lossless=False)  # two connections that know nothing of each other

    def test_killed_and_back(self):
        self.serve(names=("bleno",), room="""
-- A peripheral that goes and comes back.
-- SPDX-License-Identifier: MIT
local phone = device { name = "phone" }
scenario("again", function()
  for _, reason in ipairs { 0x08, 0x13 } do
    local adv = phone:scan { name = "Bleno", timeout = s(60) }
    local conn = phone:connect(adv, { supervision_timeout = ms(500) })
    expect(conn:characteristic(0xAA00, 0xAA01):read()):equals("first")
    log("at", adv.address)
    expect(conn:wait_disconnected(s(60))):equals(reason)
  end
  log("done")
end)
""")
        bleno = self.host("bleno")
        bleno.do(BLENO)
        address = self.server.process.stderr.readline().split("at\t")[1]
        bleno.process.send_signal(signal.SIGKILL)
        bleno.close()
        bleno = self.host("bleno")
        bleno.do(BLENO)
        self.assertEqual(self.server.process.stderr.readline().split("at\t")[1], address)
        bleno.do("host.disconnect()")
        self.logged("done")
        self.stop(lossless=False, killed=True)

    def test_bleno_does_not_pair(self):
        """It asks for encryption, but takes no SMP PDU for one: nothing comes, until we give up."""
        self.serve("--clock", "20x", names=("bleno",), room="""
-- A pairing that nobody answers.
-- Core v5.4, Vol 3, Part H, 3.4.
local phone = device { name = "phone" }
scenario("no answer", function()
  local conn = phone:connect(phone:scan { name = "Bleno", timeout = s(1200) })
  local secret = conn:characteristic(0xAA00, 0xAA03)
  expect_error(function() secret:read() end, "Insufficient Authentication")
  expect_error(function() conn:pair() end, "Timed out")
  expect(conn.connected):is_true()
  log("done")
end)
""")
        bleno = self.host("bleno")
        bleno.do(BLENO)
        self.logged("done")
        self.stop()
        lines = self.dump("room", "bleno.btsnoop")
        self.said(lines, "< ACL .*SMP Pairing Request")
        self.assertEqual([line for line in lines if re.search("> ACL .*SMP", line)], [])


class NobleAtBleno(Case):
    """Nobody is ours."""

    def test_both_ways(self):
        """Two nobles at one bleno: data in both directions, and each end may go."""
        self.serve(names=("noble", "other", "bleno"))
        bleno = self.host("bleno")
        bleno.do(BLENO)
        nobles = [self.host("noble", name) for name in ("noble", "other")]
        for noble in nobles:
            noble.do(BY_SCAN + LEARN)
            noble.do("""
                c('aa01').on('data', (data, pushed) => pushed && events.push(data[0]));
                await c('aa01').subscribeAsync();""")
        self.assertEqual(nobles[0].do("return peer.mtu"), 256)
        for number, noble in enumerate(nobles):
            noble.do(f"""
                for (let n = {number}; n < 100; n += 2) c('aa01').write(Buffer.alloc(253, n), true);
                await c('aa01').writeAsync(Buffer.alloc(600, {100 + number}), false);""")
        written = bleno.do("return events.filter((what) => what >= 0)")
        self.assertEqual([what for what in written if what < 100 and not what % 2],
                         list(range(0, 100, 2)))
        self.assertEqual([what for what in written if what < 100 and what % 2],
                         list(range(1, 100, 2)))
        self.assertEqual(nobles[0].do("return await c('aa01').readAsync()"), "65" * 600)
        bleno.do("""
            for (let n = 0; n < 60; n++)
              for (const handle in updates) updates[handle](Buffer.alloc(253, n));""")
        for noble in nobles:
            noble.until("events.length === 60")
            self.assertEqual(noble.do("return events"), list(range(60)))
        nobles[1].do("await peer.disconnectAsync()")
        bleno.until("events.filter((text) => `${text}`.startsWith('disconnect')).length")
        bleno.do("host.disconnect()")
        nobles[0].until("events.length === 61")
        self.assertEqual(nobles[0].do("return events[60]"), 0x13)
        self.stop(lossless=False)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    Case.program = str(pathlib.Path(sys.argv.pop(1)).resolve())
    if reason := node_case.missing():
        print(f"SKIPPED: {reason}")
        sys.exit(77)
    unittest.main()
