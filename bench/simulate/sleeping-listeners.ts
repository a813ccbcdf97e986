import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Asleep in its own thread until it is told something: whoever tells it has to wake it. */
const LISTENER = `
const { parentPort, workerData } = require('node:worker_threads');
const socket = require('node:net').connect(workerData.port, workerData.host, () =>
  socket.write('SSUBSCRIBE ' + workerData.channel + '\\r\\n'));
socket.once('data', () => parentPort.postMessage('listening'));
socket.on('error', () => {});
`;

/** Has so many listen to a channel of a Redis, and resolves with what ends them. */
export async function startSleepingListeners(
  count: number,
  url: string,
  channel: string,
): Promise<() => Promise<void>> {
  const { hostname: host, port } = new URL(url);
  const workerData = { host, port: Number(port), channel };
  const workers = Array.from({ length: count }, () => new Worker(LISTENER, { eval: true, workerData }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  return async () => {
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
}
