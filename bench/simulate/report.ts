import type { Scenario } from './settings.ts';
import type { Result } from './simulation.ts';

/** A result for people. */
export function renderResult(scenario: Scenario, result: Result): string {
  const { latency, backlog, nodes, consumers } = result;
  const busiest = nodes.reduce((most, { utilisation }) => Math.max(most, utilisation), 0);
  const commands = nodes.reduce((sum, { commandsPerSecond }) => sum + commandsPerSecond, 0);
  const lines = [
    [
      'events',
      `${result.accepted} accepted, ${result.posted - result.accepted} refused, ${result.finished} finished, ${result.deadLetters} dead letters`,
    ],
    ['throughput', `${Math.round(result.finishedPerSecond)} events/s finished while ${scenario.eventsPerSecond} came`],
    ['latency', `p50 ${ms(latency.p50)}, p95 ${ms(latency.p95)}, p99 ${ms(latency.p99)}, most ${ms(latency.max)}`],
    ['backlog', `${backlog.atLoadEnd} when the last event came, ${backlog.atEnd} at the end`],
    [
      'Redis',
      `${percent(busiest)} of the busiest node, ${Math.round(commands)} calls/s on ${nodes.length} node(s), ${Math.round(result.redisMicros)} µs of a core an event`,
    ],
    ['consumers', `${percent(consumers.mean)} of a core each, ${percent(consumers.highest)} the busiest`],
    ['tool', `${result.calls} calls, ${result.repeatedEffects} repeated effects, ${result.reordered} out of order`],
    ...(result.recoveryMs === undefined
      ? []
      : [['recovery', `${ms(result.recoveryMs)} after ${scenario.killed} were killed`]]),
  ];
  return lines.map(([name = '', text]) => `${name.padEnd(11)}${text}\n`).join('');
}

function ms(value: number): string {
  if (!Number.isFinite(value)) return 'none';
  return value < 10
    ? `${value.toFixed(1)} ms`
    : value < 10_000
      ? `${Math.round(value)} ms`
      : `${(value / 1_000).toFixed(1)} s`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
