import { listPauses, type Pause, readServers, type ServersSeen, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { pauseFacts } from './pauses.js';

/**
 * `GET /v1/servers`: each MCP server, and how the consumers that are alive see it: whose breaker is open, and how many
 * calls are under way; and who has paused it. Always one page, by name: there are as many as configuration has.
 */
export function addServers(app: FastifyInstance, stream: Stream): void {
  app.get('/v1/servers', async () => {
    const [seen, pauses] = await Promise.all([readServers(stream), listPauses(stream)]);
    return { items: byServer(seen, new Map(pauses.filter(isOfServer).map((pause) => [pause.name, pause]))) };
  });
}

function isOfServer({ kind }: Pause): boolean {
  return kind === 'server';
}

function byServer(seen: readonly ServersSeen[], paused: ReadonlyMap<string, Pause>) {
  const servers = new Map<string, { consumer: string; breaker: string; calls: number }[]>();
  for (const name of paused.keys()) servers.set(name, []);
  for (const { consumer, servers: reports } of seen) {
    for (const { name, breaker, calls } of reports) {
      servers.set(name, [...(servers.get(name) ?? []), { consumer, breaker, calls }]);
    }
  }
  return [...servers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, consumers]) => {
      const pause = paused.get(name);
      return {
        name,
        breaker: worstOf(consumers.map(({ breaker }) => breaker)),
        calls: consumers.reduce((sum, { calls }) => sum + calls, 0),
        ...(pause === undefined ? {} : { paused: pauseFacts(pause) }),
        consumers,
      };
    });
}

/** The word for the server as a whole: `open` as soon as one consumer leaves it alone. */
function worstOf(states: readonly string[]): string {
  return ['open', 'half-open'].find((state) => states.includes(state)) ?? 'closed';
}
