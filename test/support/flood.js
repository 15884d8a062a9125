// A flood of TCP connections at a steady rate, from a process of its own: node flood.js PORT PER_SECOND SECONDS ADDRESSES.
// ADDRESSES: from how many of 127.99.0.0/16 it comes, in turn. Prints
// {"begun","made"} a second as JSON.
import { connect } from 'node:net';
import { setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const [port, perSecond, seconds, addresses] = process.argv.slice(2).map(Number);
const TICK_MILLIS = 5;
const STAY_MILLIS = 500;
const STRAGGLERS_SECONDS = 2;

try {
  // Attackers have machines of their own, however busy this one is.
  setPriority(-10);
} catch {
  // That takes root.
}

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
    // Whoever is let in says nothing, and goes.
    socket.setTimeout(STAY_MILLIS, () => socket.resetAndDestroy());
  });
  socket.on('close', () => (open -= 1));
}

const begin = performance.now();
const elapsedSeconds = () => (performance.now() - begin) / 1000;
while (elapsedSeconds() < seconds) {
  for (; started < elapsedSeconds() * perSecond; started += 1) {
    const from = started % addresses;
    knock(`127.99.${Math.floor(from / 250)}.${(from % 250) + 1}`);
  }
  await sleep(TICK_MILLIS);
}
const begun = started / elapsedSeconds();
// A machine that is busy itself may drop a knock, which comes again after a second.
while (open > 0 && elapsedSeconds() < seconds + STRAGGLERS_SECONDS) await sleep(TICK_MILLIS);
process.stdout.write(JSON.stringify({ begun, made: (begun * connected) / started }));
process.exit();
