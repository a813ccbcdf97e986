import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Cluster } from '../../src/connection/cluster.js';
import { SlotRoute } from '../../src/connection/slot-route.js';

/** One node that has every slot, and whose one connection is ready always. */
function aCluster(): Cluster {
  const address = { host: '127.0.0.1', port: 1 };
  const redis = Object.assign(new EventEmitter(), { status: 'ready' });
  const cluster = {
    map: { ownerOf: () => address },
    lend: () => ({ address, redis, giveBack: () => {} }),
    lookAgain: () => {},
  };
  return cluster as unknown as Cluster;
}

it('a route that is begun anew over a connection that is ready says so in a later turn: the event loop goes on', async () => {
  let readies = 0;
  const route: SlotRoute = new SlotRoute(aCluster(), 0, 'commands', {
    onReady: () => {
      readies += 1;
      // As somebody would whose first command over it fails at once.
      if (readies < 100) route.begin();
    },
    onClose: () => {},
    onMessage: () => {},
    onUnsubscribed: () => {},
  });
  route.steer();
  expect(readies).toBe(1);
  await nextTurn();
  expect(readies).toBeLessThan(100);
  route.close();
});
