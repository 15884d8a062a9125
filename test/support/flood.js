// A flood of TCP connections at a steady rate, from a process of its own: node flood.js PORT PER_SECOND SECONDS ADDRESSES.
// ADDRESSES: from how many addresses of 127.99.0.0/16 it comes, in turn. Prints {"connected","seconds"} as JSON.
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, perSecond, seconds, addresses] = process.argv.slice(2).map(Number);
const TICK_MILLIS = 5;

let connected = 0;
let started = 0;
let open = 0;

/** @param {string} localAddress */
function knock(localAddress) {
  open += 1;
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  socket.on('connect', () => {
    connected += 1;
    socket.resetAndDestroy();
  });
  socket.on('close', () => (open -= 1));
}

const begin = performance.now();
for (;;) {
  const elapsed = (performance.now() - begin) / 1000;
  if (elapsed >= seconds) break;
  for (; started < elapsed * perSecond; started += 1) {
    const from = started % addresses;
    knock(`127.99.${from >> 8}.${(from & 255) + 1}`);
  }
  await sleep(TICK_MILLIS);
}
while (open > 0) await sleep(TICK_MILLIS);
process.stdout.write(JSON.stringify({ connected, seconds: (performance.now() - begin) / 1000 }));
