import { listConsumers, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';

/**
 * `GET /v1/consumers`: who is registered in the group, how many entries each holds, and how long ago it was last heard
 * of. Always one page: names that are gone are forgotten, so there are about as many as processes.
 */
export function addConsumers(app: FastifyInstance, stream: Stream): void {
  app.get('/v1/consumers', async () => ({ items: await listConsumers(stream) }));
}
