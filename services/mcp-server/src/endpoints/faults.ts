import type { FastifyInstance } from 'fastify';
import type { Faults } from '../faults.js';

/** `/faults`: PUT a list of rules in place of the old ones, GET them with how often each has struck, DELETE them. */
export function addFaults(app: FastifyInstance, faults: Faults, toolNames: ReadonlySet<string>): void {
  app.get('/faults', async () => faults.list());
  app.put('/faults', async (request) => {
    faults.replace(request.body, toolNames);
    return faults.list();
  });
  app.delete('/faults', async (_request, reply) => {
    faults.replace([], toolNames);
    return reply.code(204).send();
  });
}
