import { listPauses, type Pause, readServers, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { serversAsSeen } from '../servers-as-seen.js';

/**
 * `GET /v1/servers`: each MCP server, and how the consumers that are alive see it: whose breaker is open, and how many
 * calls are under way; and who has paused it. Always one page, by name: there are as many as configuration has.
 */
export function addServers(app: FastifyInstance, stream: Stream): void {
  app.get('/v1/servers', async () => {
    const [seen, pauses] = await Promise.all([readServers(stream), listPauses(stream)]);
    return { items: serversAsSeen(seen, new Map(pauses.filter(isOfServer).map((pause) => [pause.name, pause]))) };
  });
}

function isOfServer({ kind }: Pause): boolean {
  return kind === 'server';
}
