// The smallest consumer: reads events as a member of the group, handles each, and settles it. Start several; kill one
// at any moment with kill -9: what it held is handled by another.
//
//   node examples/consume.ts
import {
  claimIdle,
  createConsumerName,
  createSettler,
  type Entry,
  FIRST_CURSOR,
  forgetConsumer,
  openBlockingSource,
  openStream,
} from '@millrace/stream-client';

/** Entries that nobody has touched for this long are taken over: longer than `handle` ever takes. */
const CLAIM_IDLE_MS = Number(process.env.CLAIM_IDLE_MS ?? 30_000);

const stream = await openStream({
  redisUrl: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379',
  namespace: 'examples',
  durability: 'memory',
});
const name = createConsumerName();
const source = await openBlockingSource(stream, name, 1_000);
const settler = createSettler(stream, name);

/** Your work goes here. It may run twice for one event: after a crash between the work and its settlement. */
async function handle({ event }: Entry): Promise<void> {
  console.log(JSON.stringify({ id: event.id, type: event.type, data: event.data?.bytes.toString() }));
}

let running = true;
process.on('SIGTERM', () => {
  running = false;
});

let cursor = FIRST_CURSOR;
while (running) {
  const claimed = await claimIdle(stream, name, { minIdleMs: CLAIM_IDLE_MS, cursor, maxCount: 10 });
  cursor = claimed.cursor;
  for (const entry of [...claimed.entries, ...(await source.read(10))]) {
    // An entry that cannot be decoded is settled too, or it would come back for ever.
    if (entry.kind === 'entry') await handle(entry);
    await settler.settle({ entry, routes: [], outcomes: [] });
  }
}

await source.close();
await forgetConsumer(stream, name, 0);
await stream.close();
