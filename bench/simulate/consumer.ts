import type { RouteTable } from '@millrace/routing';
import type { Logger, Metrics } from '@millrace/runtime';
import { createEffectRecorder, createSettler, openClock, type Stream } from '@millrace/stream-client';
import { openConnectionOf, type SimulatedCluster } from './cluster.ts';
import {
  Announcer,
  ConsumeLoop,
  type ConsumerTools,
  choresOf,
  createFixedConfiguration,
  createObserver,
  Handlings,
  Housekeeping,
  Lanes,
  readClock,
  SeenPauses,
} from './consumer-code.ts';
import { Cpu } from './cpu.ts';
import { openSource } from './entry-source.ts';
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

/** A consumer as `services/consumer/src/main.ts` builds it: its loop, leases, sweep, lanes, settler and chores. */
export class SimulatedConsumer {
  readonly cpu: Cpu;
  readonly #connection: SimulatedConnection;
  readonly #stream: Stream;

  readonly name: string;
  readonly #surroundings: Surroundings;

  constructor(name: string, surroundings: Surroundings) {
    this.name = name;
    this.#surroundings = surroundings;
    const { cluster } = surroundings;
    this.cpu = new Cpu(cluster.time);
    const { connection, stream } = openConnectionOf(cluster, this.cpu, 0);
    this.#connection = connection;
    this.#stream = stream;
  }

  async start(): Promise<void> {
    const { routes, createTools, scenario, random, logger, metrics } = this.#surroundings;
    const stream = this.#stream;
    const configurations = createFixedConfiguration({
      version: 'simulation',
      routes,
      tools: createTools(this.cpu),
      handlers: new Map(),
    });
    const clock = await openClock(stream);
    const pauses = new SeenPauses(stream, logger);
    const partitions = { home: stream, all: [stream], ofRef: () => stream };
    const shared = {
      clock,
      configurations,
      observer: createObserver(logger, metrics),
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
    const source = openSource(stream, this.name, scenario.blockMs);
    const loop = new ConsumeLoop(partitions, source, handlings, options, logger, metrics);
    const names = { version: 'simulation', routes: ['call'], servers: ['tool'] };
    const announcer = new Announcer(stream, () => names);
    const chores = [
      ...choresOf(stream, { maxAgeMs: 86_400_000, maxBytes: 2 ** 28 }, logger, () => undefined),
      readClock(clock),
      { name: 'see what is paused', everyMs: 500, run: () => pauses.look() },
      { name: 'announce the configuration', everyMs: 1_000, run: () => announcer.announceIfDue() },
    ];
    const housekeeping = new Housekeeping(chores, logger, random);
    loop.start();
    housekeeping.start();
  }

  /** It is gone from one moment to the next, with whatever it holds. */
  kill(): void {
    this.cpu.kill();
    this.#connection.kill();
  }
}
