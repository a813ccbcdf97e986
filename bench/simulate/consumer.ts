import type { RouteTable } from '@millrace/routing';
import type { Logger, Metrics } from '@millrace/runtime';
import { createEffectRecorder, createSettler, openClock, openPartitions } from '@millrace/stream-client';
import { reach, type SimulatedCluster } from './cluster.ts';
import {
  Announcer,
  CallNotes,
  ConsumeLoop,
  type ConsumerTools,
  createFixedConfiguration,
  createObserver,
  Handlings,
  Housekeeping,
  Lanes,
  openReading,
  SeenPauses,
  ServerReporter,
  ToolWindow,
} from './consumer-code.ts';
import { Cpu } from './cpu.ts';
import type { SimulatedConnection } from './redis/connection.ts';
import type { Scenario } from './settings.ts';

/** What all consumers of a simulation share, beside what a real deployment has them share. */
export interface Surroundings {
  readonly cluster: SimulatedCluster;
  readonly scenario: Scenario;
  readonly routes: RouteTable;
  readonly createTools: (cpu: Cpu) => ConsumerTools;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const RETENTION = { maxAgeMs: 86_400_000, maxBytes: 2 ** 28 };

/** A consumer as `services/consumer/src/main.ts` builds it: its loop, leases, sweep, lanes, settlers, chores and reports. */
export class SimulatedConsumer {
  readonly cpu: Cpu;
  readonly name: string;
  readonly #surroundings: Surroundings;
  #connections: readonly SimulatedConnection[] = [];

  constructor(name: string, surroundings: Surroundings) {
    this.name = name;
    this.#surroundings = surroundings;
    this.cpu = new Cpu(surroundings.cluster.time);
  }

  async start(): Promise<void> {
    const { cluster, routes, createTools, scenario, random, logger, metrics } = this.#surroundings;
    const { options: link, connections } = reach(cluster, this.cpu);
    this.#connections = connections;
    const partitions = await openPartitions({ ...link, partitions: scenario.partitions });
    const stream = partitions.home;
    const configurations = createFixedConfiguration({
      version: 'simulation',
      routes,
      tools: createTools(this.cpu),
      handlers: new Map(),
    });
    const clock = await openClock(stream);
    const pauses = new SeenPauses(stream, logger);
    const toolWindow = new ToolWindow(() => performance.now());
    const calls = new CallNotes(this.name, toolWindow, () => clock.now());
    const findPause = () => undefined;
    const reading = await openReading(partitions, this.name, {
      ...scenario,
      retention: RETENTION,
      findPause,
      clock,
      logger,
      random,
    });
    const shared = {
      clock,
      configurations,
      observer: reading.observeFor(createObserver(logger, metrics)),
      calls,
      pauses,
      maxStarts: 5,
      maxParkedMs: 86_400_000,
      random,
    };
    const handlings = new Handlings(partitions, shared, (one) => ({
      settler: createSettler(one, this.name),
      effects: createEffectRecorder(one, this.name),
      lanes: new Lanes(one, this.name, configurations),
    }));
    const options = { consumer: this.name, ...scenario, drainMs: 10_000, maxStarts: shared.maxStarts };
    const { source, findPending } = reading;
    const loop = new ConsumeLoop(partitions, source, handlings, options, logger, metrics, findPending);
    const names = { version: 'simulation', routes: ['call'], servers: ['tool'] };
    const announcer = new Announcer(stream, () => names);
    const chores = [
      ...reading.chores,
      { name: 'see what is paused', everyMs: 500, run: () => pauses.look() },
      { name: 'announce the configuration', everyMs: 1_000, run: () => announcer.announceIfDue() },
    ];
    const servers = {
      states: () => [{ name: 'tool', breaker: 'closed' as const, calls: 0 }],
      report: (server: string) => toolWindow.report(server),
      take: () => calls.take(),
    };
    const reporter = new ServerReporter(stream, this.name, servers, logger);
    const housekeeping = new Housekeeping(chores, logger, random);
    await announcer.announceIfDue();
    reporter.start();
    loop.start();
    housekeeping.start();
  }

  /** It is gone from one moment to the next, with whatever it holds. */
  kill(): void {
    this.cpu.kill();
    for (const connection of this.#connections) connection.kill();
  }
}
