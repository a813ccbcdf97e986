import { decodeEntry, type EntrySource, GROUP, type Stream, toFields } from '@millrace/stream-client';

type Reply = [Buffer, [Buffer, Buffer[]][]][] | null;

/** As `openBlockingSource`, on the simulated connection that is there instead of one of its own. */
export function openSource({ redis, keys }: Stream, consumer: string, blockMs: number): EntrySource {
  return {
    read: async (maxCount) => {
      const where = ['COUNT', maxCount, 'BLOCK', blockMs, 'STREAMS', keys.events, '>'];
      const reply = (await redis.callBuffer('XREADGROUP', 'GROUP', GROUP, consumer, ...where)) as Reply;
      const hold = { deliveryCount: 1, wasHeld: false };
      return (reply?.[0]?.[1] ?? []).map(([id, flat]) => decodeEntry(keys, id.toString(), hold, toFields(flat)));
    },
    wake: async () => undefined,
    isReady: () => true,
    close: async () => undefined,
  };
}
