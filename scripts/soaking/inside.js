// Loaded into a router that is watched: says how late its main thread comes to things, and ends a worker when told to.
import { basename } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

const RESOLUTION_MILLIS = 10;
const NANOS_PER_MILLI = 1e6;

const channel = new BroadcastChannel('soak');

if (isMainThread) watchLoop();
else {
  channel.onmessage = ({ data }) => {
    if (basename(process.argv[1] ?? '').startsWith(data)) throw new Error('ended by the soak');
  };
}
channel.unref();

function watchLoop() {
  // Each reading is the time between two ticks of the timer.
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLIS });
  delay.enable();
  const beyondResolution = (nanos) => Math.max(0, nanos / NANOS_PER_MILLI - RESOLUTION_MILLIS);
  process.on('message', (message) => {
    if (message.type === 'end-worker') channel.postMessage(message.worker);
    else {
      process.send({
        p99Millis: beyondResolution(delay.percentile(99)),
        maxMillis: beyondResolution(delay.max),
      });
      delay.reset();
    }
  });
  process.channel?.unref();
}
