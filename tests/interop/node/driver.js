// SPDX-License-Identifier: MIT
// usage: node driver.js PACKAGE
// Runs what it is told, so that a test reads as a story: each line of standard input is the body of
// an asynchronous function, as JSON; each line of standard output is what it returned, { value: },
// or { error: } with the message. `host` is the package; globals outlive a line, `events` is one.
'use strict';

globalThis.host = require(process.argv[2]);
globalThis.events = [];
const Body = (async () => {}).constructor;
const octetsAsHex = (key, value) =>
  value && value.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value;

async function perform(line) {
  try {
    return { value: await new Body(JSON.parse(line))() };
  } catch (error) {
    return { error: error.message };
  }
}

const input = require('readline').createInterface({ input: process.stdin });
input.on('line', async (line) => {
  process.stdout.write(`${JSON.stringify(await perform(line), octetsAsHex)}\n`);
});
input.on('close', () => process.exit());
