// Fastify and BullMQ: `add` for each event, or `addBulk` for a batch. The id of the event is the id of the job, which is
// how BullMQ keeps a repeat out (docs.bullmq.io: "Job Ids").
import type { AddressInfo } from 'node:net';
import { Queue } from 'bullmq';
import { queueOptions } from './bullmq-settings.ts';
import { createEventApp, manyEvents, oneEvent, type PostedEvent } from './event-app.ts';
import { announceReady } from './ready.ts';

const queue = new Queue('events', queueOptions(process.env.REDIS_URL ?? ''));
const app = createEventApp();
if (process.env.BATCHES === 'true') {
  app.post('/v1/events', manyEvents, async (request, reply) => {
    const events = request.body as PostedEvent[];
    const jobs = await queue.addBulk(
      events.map((event) => ({ name: event.type, data: event, opts: { jobId: event.id } })),
    );
    reply.code(202);
    return jobs.map((job, at) => ({ ref: job.id, id: events[at]?.id, source: events[at]?.source, duplicate: false }));
  });
} else {
  app.post('/v1/events', oneEvent, async (request, reply) => {
    const event = request.body as PostedEvent;
    const job = await queue.add(event.type, event, { jobId: event.id });
    reply.code(202).header('location', `/v1/events/${job.id}`);
    return { ref: job.id, id: event.id, source: event.source, duplicate: false };
  });
}
await queue.waitUntilReady();
await app.listen({ host: '127.0.0.1', port: 0 });
announceReady((app.server.address() as AddressInfo).port);
