import { parseRoutes, RouteTable } from '@millrace/routing';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import { createRandom } from './chance.ts';
import { createCluster } from './cluster.ts';
import { SimulatedConsumer } from './consumer.ts';
import { Histogram } from './histogram.ts';
import { Load } from './load.ts';
import { Recovery } from './recovery.ts';
import type { Costs, Scenario } from './settings.ts';
import { createTools, Witness } from './tool.ts';
import { VirtualTime } from './virtual-time.ts';

/** The one route of every event, in its two forms. */
const ROUTES = (order: string) => `
routes:
  - id: call
    on: { type: simulated }
    call: { server: tool, tool: act }
    with: '{ "event": id, "key": partitionkey }'
    retry: { attempts: 5, initial: 500ms, max: 30s }
${order}`;

/** What a run came to. Durations in ms, shares from 0 to 1. */
export interface Result {
  readonly posted: number;
  readonly accepted: number;
  readonly finished: number;
  /** While events came. */
  readonly finishedPerSecond: number;
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  /** Accepted and not finished: when the last event came, and at the end. */
  readonly backlog: { readonly atLoadEnd: number; readonly atEnd: number };
  readonly nodes: readonly {
    readonly utilisation: number;
    /** Shares of a core by what it is spent on, the largest first, in the words of `RedisNode.spentOn`. */
    readonly spentOn: Readonly<Record<string, number>>;
    readonly commandsPerSecond: number;
  }[];
  /** Time on a core of all nodes, for each event, in µs, whatever else they have to do included. */
  readonly redisMicros: number;
  readonly consumers: { readonly mean: number; readonly highest: number };
  readonly calls: number;
  readonly repeatedEffects: number;
  readonly reordered: number;
  readonly deadLetters: number;
  /** From the kill until everything that the killed held was settled. */
  readonly recoveryMs?: number;
  readonly simulatedMs: number;
}

/** Runs one scenario. One at a time: virtual time takes the place of the process's own until it is over. */
export async function simulate(scenario: Scenario, costs: Costs): Promise<Result> {
  const time = new VirtualTime();
  const restoreTime = time.install();
  const ownRandom = Math.random;
  // Of what draws for itself: pauses between looks, mostly.
  Math.random = createRandom(scenario.seed + 1);
  try {
    return await simulateIn(time, scenario, costs);
  } finally {
    restoreTime();
    Math.random = ownRandom;
  }
}

async function simulateIn(time: VirtualTime, scenario: Scenario, costs: Costs): Promise<Result> {
  const random = createRandom(scenario.seed);
  const latency = new Histogram();
  const postedAt = new Map<string, number>();
  const recovery = new Recovery(time);
  let finished = 0;
  const cluster = createCluster(time, costs, scenario, (ref) => {
    finished += 1;
    latency.add(time.nowMs - (postedAt.get(ref) ?? time.nowMs));
    postedAt.delete(ref);
    recovery.finished(ref);
  });
  const witness = new Witness();
  const order = scenario.isOrdered ? '    ordered: { by: partitionkey }\n' : '';
  const routes = new RouteTable(parseRoutes(ROUTES(order), 'routes.yaml', new Set(['tool'])));
  const logger = createLogger('simulation', 'silent');
  const metrics = createMetrics(createRegistry());
  const tool = { ...scenario, random, tickAtMs: random() };
  const consumers = Array.from({ length: scenario.consumers }, (_none, n) => {
    return new SimulatedConsumer(`consumer-${n}`, {
      cluster,
      scenario,
      routes,
      createTools: (cpu) => createTools(time, cpu, costs.consumer, tool, witness),
      random,
      logger,
      metrics,
    });
  });
  const load = new Load(cluster, scenario, random, (ref, at) => postedAt.set(ref, at));

  // Consumers of a deployment are not started at one moment either.
  for (const consumer of consumers) time.after(random() * WARM_UP_MS, () => void consumer.start());
  void load.open();
  await time.run(WARM_UP_MS);
  load.start(WARM_UP_MS + scenario.durationMs);
  if (scenario.killed > 0) {
    time.after(scenario.killAtMs, () => {
      const victims = consumers.slice(0, scenario.killed);
      for (const victim of victims) victim.kill();
      recovery.begin(new Set(victims.map(({ name }) => name)), cluster.partitions);
    });
  }
  const busyBefore = cluster.nodes.map(({ busyMs, commands, spentOn }) => ({
    busyMs,
    commands,
    spentOn: new Map(spentOn),
  }));
  const computedMs = () => cluster.nodes.reduce((sum, node) => sum + node.computedMs, 0);
  const computedBefore = computedMs();
  const cpuBefore = consumers.map(({ cpu }) => cpu.busyMs);
  await time.run(WARM_UP_MS + scenario.durationMs);
  const atLoadEnd = { finished, backlog: load.accepted - finished };
  const seconds = scenario.durationMs / 1_000;
  const nodes = cluster.nodes.map(({ busyMs, commands, spentOn }, n) => ({
    utilisation: Math.min(1, (busyMs - (busyBefore[n]?.busyMs ?? 0)) / scenario.durationMs),
    spentOn: sharesOf(spentOn, busyBefore[n]?.spentOn ?? new Map(), scenario.durationMs),
    commandsPerSecond: (commands - (busyBefore[n]?.commands ?? 0)) / seconds,
  }));
  const redisMicros = (1_000 * (computedMs() - computedBefore)) / finished;
  const shares = consumers.map(({ cpu }, n) => Math.min(1, (cpu.busyMs - (cpuBefore[n] ?? 0)) / scenario.durationMs));
  await time.run(time.nowMs + scenario.drainMs, () => finished >= load.posted - load.refused);

  return {
    posted: load.posted,
    accepted: load.accepted,
    finished,
    finishedPerSecond: atLoadEnd.finished / seconds,
    latency: {
      p50: latency.percentile(0.5),
      p95: latency.percentile(0.95),
      p99: latency.percentile(0.99),
      max: latency.max,
    },
    backlog: { atLoadEnd: atLoadEnd.backlog, atEnd: load.accepted - finished },
    nodes,
    redisMicros,
    consumers: { mean: shares.reduce((sum, share) => sum + share, 0) / shares.length, highest: Math.max(...shares) },
    calls: witness.calls,
    repeatedEffects: witness.repeated,
    reordered: witness.reordered,
    deadLetters: cluster.partitions.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
    ...(recovery.tookMs === undefined ? {} : { recoveryMs: recovery.tookMs }),
    simulatedMs: time.nowMs,
  };
}

/** Time for consumers to start in, in ms. */
const WARM_UP_MS = 1_000;

function sharesOf(now: ReadonlyMap<string, number>, before: ReadonlyMap<string, number>, durationMs: number) {
  const shares = Array.from(now, ([name, micros]) => [name, (micros - (before.get(name) ?? 0)) / 1_000 / durationMs]);
  return Object.fromEntries(shares.sort((a, b) => Number(b[1]) - Number(a[1]))) as Readonly<Record<string, number>>;
}
