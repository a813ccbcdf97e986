import { workerData } from 'node:worker_threads';
import { HARD_LIMIT_MS } from './isolate-protocol.ts';

/** The parent ends an isolate at its limit. Should the parent be gone, this does, a little later. */
const SPARE_MS = 1_000;
const CHECK_EVERY_MS = 250;

const startedAt = workerData as Int32Array;
let seen = 0;
let seenFor = 0;

setInterval(() => {
  const current = Atomics.load(startedAt, 0);
  seenFor = current !== 0 && current === seen ? seenFor + CHECK_EVERY_MS : 0;
  seen = current;
  if (seenFor > HARD_LIMIT_MS + SPARE_MS) process.kill(process.pid, 'SIGKILL');
}, CHECK_EVERY_MS);
