import type { FastifyInstance } from 'fastify';
import { personOf } from '../access/require-person.js';

/** `GET /v1/me`: who the key belongs to, and whether its holder may steer. */
export function addMe(app: FastifyInstance): void {
  app.get('/v1/me', async (request) => {
    const { name, role } = personOf(request);
    return { name, role, readOnly: role === 'viewer' };
  });
}
