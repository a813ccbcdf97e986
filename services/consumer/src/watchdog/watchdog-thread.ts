import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WatchdogSetup } from './watchdog.js';

const { beats, maxBlockedMs } = workerData as WatchdogSetup;
const counter = new Int32Array(beats);
const everyMs = Math.ceil(maxBlockedMs / 4);

let seen = Atomics.load(counter, 0);
let seenAt = performance.now();
let lookedAt = performance.now();

setInterval(() => {
  const now = performance.now();
  const current = Atomics.load(counter, 0);
  // When this thread itself was not run in time, the whole process stood still, and the other one has to catch up first.
  const stoodStill = now - lookedAt > 2 * everyMs;
  lookedAt = now;
  if (current !== seen || stoodStill) {
    seen = current;
    seenAt = now;
  } else if (now - seenAt >= maxBlockedMs) {
    end(Math.round(now - seenAt));
  }
}, everyMs);

/** The logger lives in the thread that is blocked, so the line is written by hand, in its form. */
function end(blockedMs: number): void {
  const msg = 'the event loop is blocked, by a handler that does not give it back; this process is ended';
  const line = { level: 'fatal', time: new Date().toISOString(), service: 'consumer', blockedMs, maxBlockedMs, msg };
  writeSync(2, `${JSON.stringify(line)}\n`);
  process.kill(process.pid, 'SIGKILL');
}
