import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Somebody between a process and its Redis. */
export interface Intruder {
  readonly port: number;
  /** Cuts Redis off from every connection that is open, says something on it that is no TLS, and then resets it. */
  intrude(): Promise<void>;
  close(): Promise<void>;
}

/** Begins to hand on what comes in on a free port to another, until it is told to do more. */
export async function startIntruder(targetPort: number): Promise<Intruder> {
  const open = new Map<Socket, Socket>();
  const server = createServer((client) => {
    const redis = connect(targetPort, '127.0.0.1');
    open.set(client, redis);
    client.pipe(redis).pipe(client);
    for (const socket of [client, redis]) socket.on('error', () => {});
    client.on('close', () => {
      redis.destroy();
      open.delete(client);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const resetAll = () => {
    for (const client of open.keys()) client.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    intrude: async () => {
      // It would hang up by itself on who has heard such a thing.
      for (const redis of open.values()) redis.destroy();
      await Promise.all(
        Array.from(open.keys(), (client) => new Promise((said) => client.write('no TLS at all', said))),
      );
      // It is heard before the reset.
      await new Promise((resolve) => setTimeout(resolve, 50));
      resetAll();
    },
    close: async () => {
      resetAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
