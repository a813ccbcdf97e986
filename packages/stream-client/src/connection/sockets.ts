import type { Socket } from 'node:net';
import type { Redis } from 'ioredis';

/**
 * Looks after the sockets under a connection that has not begun to connect, of which ioredis 6.0 lets go too early.
 *
 * No error of a socket ends the process, and a socket with an error is closed, so that the connection is made anew.
 * ioredis listens to a socket's first error alone. Over TLS there can be two: an alert, or bytes that are no TLS, are told
 * without closing the socket, which is then reset; or the other side's certificate is refused while its alert is on the
 * way. The second, with nobody to hear it, would be an uncaught exception.
 *
 * A connection that is closed while it has no socket leaves no timer behind that keeps the process up.
 */
export function keepSockets(redis: Redis): void {
  const { connector } = redis as unknown as { readonly connector: Connector };
  const { connect, connectToSentinel } = connector;
  connector.connect = async (...args) => {
    const socket = await connect.apply(connector, args);
    return socket
      .on('error', () => socket.destroy())
      .once('close', () => {
        // ioredis would wait for it to close once more.
        if (connector.stream === socket) connector.stream = undefined;
      });
  };
  if (connectToSentinel === undefined) return;
  connector.connectToSentinel = (address, options) => {
    // It connects with the first command, and not at once.
    const sentinel = connectToSentinel.call(connector, address, { ...options, lazyConnect: true });
    keepSockets(sentinel);
    return sentinel;
  };
}

/** What of ioredis' connectors is used here; its types keep it to themselves. */
interface Connector {
  stream: Socket | undefined;
  connect: (this: Connector, ...args: unknown[]) => Promise<Socket>;
  /** Where Sentinels are asked where the primary is: a connection to one of them. */
  connectToSentinel?: (this: Connector, address: unknown, options?: object) => Redis;
}
