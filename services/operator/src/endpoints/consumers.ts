import type { FastifyInstance } from 'fastify';
import type { Samples } from '../partitions/samples.js';

/**
 * `GET /v1/consumers`: who is registered in the group, how many entries each holds, and how long ago it was last heard
 * of. Always one page: names that are gone are forgotten, so there are about as many as processes.
 */
export function addConsumers(app: FastifyInstance, samples: Samples): void {
  app.get('/v1/consumers', async () => ({ items: (await samples.look()).consumers }));
}
