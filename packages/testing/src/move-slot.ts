import { type ClusterServer, withNode } from './cluster-nodes.js';

/** Keys that change over in one command, during which both nodes stand still. */
const KEYS_AT_ONCE = 50;
const MIGRATE_TIMEOUT_MS = 5_000;

export interface SlotMove {
  readonly from: ClusterServer;
  readonly to: ClusterServer;
  /** Everybody who is told in the end. */
  readonly primaries: readonly ClusterServer[];
}

/** Moves a slot with all of its keys while it is in use, in the steps of `redis-cli --cluster reshard`. */
export async function moveSlot(slot: number, { from, to, primaries }: SlotMove): Promise<void> {
  await withNode(to, (redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id));
  await withNode(from, async (redis) => {
    await redis.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    for (;;) {
      const keys = (await redis.call('CLUSTER', 'GETKEYSINSLOT', slot, KEYS_AT_ONCE)) as string[];
      if (keys.length === 0) return;
      await redis.call('MIGRATE', '127.0.0.1', to.port, '', 0, MIGRATE_TIMEOUT_MS, 'KEYS', ...keys);
    }
  });
  // The new owner first: if it failed now, the old one would still send everybody to it.
  for (const node of [to, from, ...primaries.filter(({ id }) => id !== to.id && id !== from.id)])
    await withNode(node, (redis) => redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', to.id));
}
