import type { RedisServer, TcpProxy } from '@millrace/testing';

/**
 * One Redis to whoever goes by an address, though it leads to another of `nodes` from time to time: what is done to it is
 * done to `current`. Thawing is for all of them, and stopping it closes the address.
 */
export function behindAddress(
  address: TcpProxy,
  current: () => RedisServer,
  nodes: readonly RedisServer[],
  stopNodes: () => Promise<unknown>,
): RedisServer {
  return {
    url: `redis://127.0.0.1:${address.port}`,
    port: address.port,
    get pid() {
      return current().pid;
    },
    get dir() {
      return current().dir;
    },
    get isRunning() {
      return current().isRunning;
    },
    kill: () => current().kill(),
    restart: (args) => current().restart(args),
    freeze: () => current().freeze(),
    thaw: () => {
      for (const node of nodes) if (node.isRunning) node.thaw();
    },
    stop: async () => {
      await address.close();
      await stopNodes();
    },
  };
}
