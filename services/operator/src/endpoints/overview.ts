import { ProblemError } from '@millrace/runtime';
import type { FastifyInstance } from 'fastify';
import { notCounted } from '../error-handler.js';
import type { Overview } from '../live/overview.js';

/**
 * `GET /v1/overview`: how things stand now, and how they went in the last fifteen minutes, as far as this process has
 * seen them. 503 while nobody can count.
 */
export function addOverview(app: FastifyInstance, overview: Overview): void {
  app.get('/v1/overview', async () => {
    const { now } = overview;
    if (now === undefined) throw new ProblemError(notCounted());
    return { now, series: overview.series };
  });
}
