import type { Pause, ServerReport, ServersSeen } from '@millrace/stream-client';
import { pauseFacts } from './endpoints/pauses.js';
import { figuresByTool, figuresOf } from './server-figures.js';

interface SeenBy extends ServerReport {
  readonly consumer: string;
}

/** Each server once, by name, from what every consumer says about it; and who has paused it. */
export function serversAsSeen(seen: readonly ServersSeen[], paused: ReadonlyMap<string, Pause> = new Map()) {
  const servers = new Map<string, SeenBy[]>();
  for (const name of paused.keys()) servers.set(name, []);
  for (const { consumer, servers: reports } of seen) {
    for (const report of reports) {
      servers.set(report.name, [...(servers.get(report.name) ?? []), { consumer, ...report }]);
    }
  }
  return [...servers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, reports]) => {
      const pause = paused.get(name);
      const tools = reports.flatMap((report) => report.tools ?? []);
      return {
        name,
        breaker: worstOf(reports.map(({ breaker }) => breaker)),
        calls: reports.reduce((sum, { calls }) => sum + calls, 0),
        lastMinute: figuresOf(tools),
        tools: figuresByTool(tools),
        ...(pause === undefined ? {} : { paused: pauseFacts(pause) }),
        consumers: reports.map(({ consumer, breaker, calls }) => ({ consumer, breaker, calls })),
      };
    });
}

/** The word for the server as a whole: `open` as soon as one consumer leaves it alone. */
function worstOf(states: readonly string[]): string {
  return ['open', 'half-open'].find((state) => states.includes(state)) ?? 'closed';
}
