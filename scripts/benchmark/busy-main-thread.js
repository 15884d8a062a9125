// Loaded before the router (--import): keeps its main thread, and no other, at work 200 ms of every second.
import { performance } from 'node:perf_hooks';
import { setInterval } from 'node:timers';
import { isMainThread } from 'node:worker_threads';

const BUSY_MILLIS = 200;
const EVERY_MILLIS = 1000;

if (isMainThread) {
  const timer = setInterval(() => {
    const end = performance.now() + BUSY_MILLIS;
    while (performance.now() < end);
  }, EVERY_MILLIS);
  timer.unref();
}
