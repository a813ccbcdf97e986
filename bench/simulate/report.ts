import type { Scenario } from './settings.ts';
import type { Result } from './simulation.ts';

/** What a node is busy with: the largest shares. */
const MOST_SHOWN = 5;

/** A result for people. */
export function renderResult(scenario: Scenario, result: Result): string {
  const { latency, backlog, nodes, consumers } = result;
  const loads = nodes.map(({ utilisation }) => utilisation);
  const [busiest] = nodes.toSorted((a, b) => b.utilisation - a.utilisation);
  const spentOn = Object.entries(busiest?.spentOn ?? {}).slice(0, MOST_SHOWN);
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
      `${percent(Math.max(...loads))} of the busiest node, ${percent(Math.min(...loads))} of the idlest, ${Math.round(commands)} calls/s on ${nodes.length} node(s), ${Math.round(result.redisMicros)} µs of a core an event`,
    ],
    ['', `of a core of the busiest: ${spentOn.map(([name, share]) => `${percent(share)} ${name}`).join(', ')}`],
    ['consumers', `${percent(consumers.mean)} of a core each, ${percent(consumers.highest)} the busiest`],
    ['tool', `${result.calls} calls, ${result.repeatedEffects} repeated effects, ${result.reordered} out of order`],
    ...(result.recoveryMs === undefined
      ? []
      : [['recovery', `${ms(result.recoveryMs)} after ${scenario.killed} were killed`]]),
  ];
  return lines.map(([name = '', text]) => `${name.padEnd(11)}${text}\n`).join('');
}

/** What the run itself took, which is no part of its result. */
export function renderRun(): string {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const seconds = Math.round((userCPUTime + systemCPUTime) / 1_000_000);
  return `this run   ${seconds} s of a core, ${Math.round(maxRSS / 1_024)} MB\n`;
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
