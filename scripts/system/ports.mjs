import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Whether this process could listen on a port now. Port 0 answers with true.
 * @param {number} port
 * @param {string} host
 */
export async function isPortFree(port, host) {
  return (await tryPort(port, host)) !== undefined;
}

/**
 * A port on 127.0.0.1 that was free a moment ago: the wanted one if it can be had.
 * @param {number} wanted
 */
export async function findFreePort(wanted) {
  const port = (await tryPort(wanted, '127.0.0.1')) ?? (await tryPort(0, '127.0.0.1'));
  if (port === undefined) throw new Error('no port on 127.0.0.1 is free');
  return port;
}

/**
 * @param {number} port
 * @param {string} host
 * @returns {Promise<number | undefined>} the port, if it could be bound
 */
async function tryPort(port, host) {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'EADDRINUSE' || code === 'EACCES') return undefined;
    throw error;
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
