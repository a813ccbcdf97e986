import type { Pause, ServersSeen } from '@millrace/stream-client';
import { pauseFacts } from './endpoints/pauses.js';

/** Each server once, by name, from what every consumer says about it; and who has paused it. */
export function serversAsSeen(seen: readonly ServersSeen[], paused: ReadonlyMap<string, Pause> = new Map()) {
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
