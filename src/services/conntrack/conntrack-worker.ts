/** The entry of the worker that reads the kernel's connections. Any number of readings take turns, call by call. */
import { parentPort } from 'node:worker_threads';
import { available } from '../../native/libc.ts';
import { LOADED, type ReaderMessage, type ReadRequest } from './conntrack-link.ts';
import { ConntrackReading } from './conntrack-reading.ts';
import { ConntrackWatch } from './conntrack-watch.ts';
import type { Post } from './chunk-writer.ts';
import { ConnectionSingles } from './connection-singles.ts';
import { NetlinkDump } from './netlink-dump.ts';
import { NetlinkExchange } from './netlink-socket.ts';

const port = parentPort!;
const kernel = available();
port.postMessage(LOADED);
// Whoever starts this has sockets of it.
if ('reason' in kernel) throw new Error(kernel.reason);

const { libc } = kernel;
const exchange = new NetlinkExchange(libc);
const beside = new NetlinkExchange(libc);
const readings = new Map<number, ConntrackReading | ConntrackWatch>();
const post: Post = (message, transfer) => port.postMessage(message, transfer);

// A rejection is not caught: it ends this worker, and the main thread tells the readers.
async function read(request: ReadRequest): Promise<void> {
  const reading =
    request.work === 'watch' || request.work === 'tally'
      ? new ConntrackWatch(request, exchange, new ConnectionSingles(beside), post)
      : new ConntrackReading(request, () => new NetlinkDump(libc), new ConnectionSingles(beside), post);
  readings.set(request.call, reading);
  await reading.run();
  readings.delete(request.call);
}

port.on('message', (message: ReaderMessage) => {
  switch (message.type) {
    case 'read':
      void read(message);
      break;
    case 'more':
      readings.get(message.call)?.chunks.more(message.buffer);
      break;
    case 'stop':
      readings.get(message.call)?.chunks.stop();
      break;
  }
});
