// Fastify alone: parses, validates by JSON Schema, and answers. Nothing is kept: no service can be faster.
import type { AddressInfo } from 'node:net';
import { createEventApp, oneEvent, type PostedEvent } from './event-app.ts';
import { announceReady } from './ready.ts';

const app = createEventApp();
let accepted = 0;
app.post('/v1/events', oneEvent, (request, reply) => {
  const { id, source } = request.body as PostedEvent;
  accepted += 1;
  const ref = `0-${accepted}-0`;
  reply.code(202).header('location', `/v1/events/${ref}`).send({ ref, id, source, duplicate: false });
});
await app.listen({ host: '127.0.0.1', port: 0 });
announceReady((app.server.address() as AddressInfo).port);
