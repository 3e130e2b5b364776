// SPDX-License-Identifier: MIT
// A host on a Unix socket of `blueroom serve`: node ble_host.js central|peripheral SOCKET
const { EventEmitter } = require('events');
const net = require('net');
const { AdvertisingDataBuilder, BleManager } = require('ble-host');

const [role, path] = process.argv.slice(2);
if (!['central', 'peripheral'].includes(role) || !path) {
  console.error('usage: node ble_host.js central|peripheral SOCKET');
  process.exit(2);
}
const uuid = (short) => `0000${short}-0000-1000-8000-00805F9B34FB`;

// H4 on a stream; the host wants each packet by itself.
function transportOf(socket) {
  const transport = new EventEmitter();
  let octets = Buffer.alloc(0);
  transport.write = (packet) => socket.write(packet);
  socket.on('data', (more) => {
    octets = Buffer.concat([octets, more]);
    for (;;) {
      const isEvent = octets[0] === 4;
      if (octets.length < (isEvent ? 3 : 5)) return;
      const length = isEvent ? 3 + octets[2] : 5 + octets.readUInt16LE(3);
      if (octets.length < length) return;
      transport.emit('data', octets.subarray(0, length));
      octets = octets.subarray(length);
    }
  });
  return transport;
}

function pair(connection, done) {
  connection.smp.on('pairingFail', (reason) => console.log('pairing failed', reason));
  connection.smp.on('encrypt', (status, level) => {
    console.log('encrypted', status, level.sc ? 'sc' : 'legacy', level.keySize);
    done();
  });
  connection.smp.sendPairingRequest({ bondingFlags: 0 });
}

function use(connection) {
  connection.gatt.exchangeMtu(() => {
    console.log('mtu', connection.gatt.currentMtu);
    connection.gatt.discoverServicesByUuid(uuid('180D'), 1, ([service]) => {
      service.discoverCharacteristics((characteristics) => {
        const rate = characteristics.find((one) => one.uuid === uuid('2A37'));
        rate.on('change', (value) => {
          console.log('change', value.toString('hex'));
          pair(connection, () => connection.disconnect());
        });
        connection.on('disconnect', (reason) => {
          console.log('disconnected', reason);
          process.exit();
        });
        rate.read((error, value) => console.log('read', error, value?.toString('hex') ?? 'refused'));
        rate.writeCCCD(true, false, (error) => console.log('subscribed', error));
      });
    });
  });
}

function central(manager) {
  const scanner = manager.startScan({
    scanFilters: [new BleManager.ServiceUUIDScanFilter(uuid('180D'))],
  });
  scanner.once('report', ({ addressType, address, parsedDataItems }) => {
    scanner.stopScan();
    console.log('found', parsedDataItems.localName);
    manager.connect(addressType, address, {}, use);
  });
}

function peripheral(manager) {
  const rate = {
    uuid: uuid('2A37'), properties: ['read', 'notify'], value: Buffer.from('0048', 'hex'),
    onSubscriptionChange: (connection, on) => {
      if (on) rate.notify(connection, Buffer.from('0050', 'hex'));
    },
  };
  manager.gattDb.addServices([{ uuid: uuid('180D'), characteristics: [rate] }]);
  manager.setAdvertisingData(new AdvertisingDataBuilder()
    .addFlags(['leGeneralDiscoverableMode', 'brEdrNotSupported'])
    .addLocalName(true, 'Heart Rate').add16BitServiceUUIDs(true, [0x180D]).build());
  manager.startAdvertising({ intervalMin: 160, intervalMax: 160 }, (status, connection) => {
    connection.on('disconnect', (reason) => {
      console.log('disconnected', reason);
      process.exit();
    });
  });
  console.log('advertising');
}

const socket = net.connect(path);
socket.on('error', (error) => {
  console.error(`${error.message}: is blueroom serve --unix ${path} running?`);
  process.exit(2);
});

BleManager.create(transportOf(socket), {}, (error, manager) => {
  if (error) throw error;
  (role === 'central' ? central : peripheral)(manager);
});
