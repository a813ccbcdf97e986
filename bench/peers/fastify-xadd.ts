// Fastify and one XADD for each event: no dedup, no backlog limit. ioredis with its own auto-pipelining, as its README
// advises for many commands in one turn of the event loop.
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { createEventApp, oneEvent, type PostedEvent } from './event-app.ts';
import { announceReady } from './ready.ts';

const redis = new Redis(process.env.REDIS_URL ?? '', { enableAutoPipelining: true });
const app = createEventApp();
app.post('/v1/events', oneEvent, async (request, reply) => {
  const { id, source } = request.body as PostedEvent;
  const ref = await redis.xadd('bench:xadd', '*', 'event', JSON.stringify(request.body));
  reply.code(202).header('location', `/v1/events/${ref}`);
  return { ref, id, source, duplicate: false };
});
await app.listen({ host: '127.0.0.1', port: 0 });
announceReady((app.server.address() as AddressInfo).port);
