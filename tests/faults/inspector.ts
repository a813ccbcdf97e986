import { once } from 'node:events';
import type { ServiceProcess } from '../system/service-process.ts';

/** Node arguments for a process into which `runInside` is to reach: its debugger listens on a port of its own. */
export const INSPECTABLE = ['--inspect=127.0.0.1:0'] as const;

/**
 * Has a process run a piece of JavaScript on its main thread, as if its own code did. Resolves once the code was handed
 * over, for it may never end, or end the process. What runs is the service as it is: nothing in it knows of this.
 */
export async function runInside(process: ServiceProcess, code: string): Promise<void> {
  const url = /Debugger listening on (ws:\S+)/.exec(process.log)?.[1];
  if (url === undefined) throw new Error(`process ${process.pid} was not started with ${INSPECTABLE.join(' ')}`);
  const socket = new WebSocket(url);
  await once(socket, 'open');
  // Whatever becomes of the process, its end is what the caller looks for.
  socket.addEventListener('error', () => undefined);
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: code } }));
  while (socket.bufferedAmount > 0 && socket.readyState === WebSocket.OPEN) await new Promise(setImmediate);
}
