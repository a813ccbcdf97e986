import { randomBytes } from 'node:crypto';
import {
  type Finding,
  HttpClient,
  ModelReader,
  type Random,
  Sender,
  SentLedger,
  sendLoad,
  TESTED_ROUTES,
  type TestedRoute,
  toolsOf,
  WitnessReader,
} from '@millrace/cli';
import { sleep } from '@millrace/core';
import { waitUntil } from '@millrace/testing';
import { CLOUDS, type Cloud, type FaultRule } from '../system/mock-cloud.ts';
import type { System } from '../system/system.ts';
import { Evidence } from './evidence.ts';
import { Nemesis } from './nemesis.ts';
import { ObservedProducer } from './observed-producer.ts';
import type { Scenario } from './scenario.ts';

/** A time that was measured against what was hoped for. A missed one is reported and fails nothing. */
export interface Timing {
  readonly what: string;
  readonly ms: number;
  readonly boundMs: number | undefined;
}

/** Events under way; `stop` resolves when every one of them has its last answer. */
export interface RunningLoad {
  stop(): Promise<void>;
}

/** No load lasts longer, in ms. */
const MAX_LOAD_MS = 600_000;
/** A wait that takes longer hangs, in ms: the machine may be busy with seven other things. */
const WAIT_MS = 60_000;

/** What a scenario works with: the system, a load with a ledger of what was accepted, witnesses, and a nemesis. */
export class Stage {
  readonly system: System;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly evidence: Evidence;
  readonly nemesis: Nemesis;
  readonly producer: ObservedProducer;
  readonly operator: HttpClient;
  readonly ledger = new SentLedger(() => performance.now());
  /** The routes of the load. */
  readonly routes: readonly TestedRoute[];
  readonly witnesses: readonly WitnessReader[];
  /** Undefined where the system has no scripted model. */
  readonly model: ModelReader | undefined;
  /** The beginning of every event id of the load. Whatever a scenario posts by itself begins in another way. */
  readonly prefix: string;
  readonly timings: Timing[] = [];
  /** What the scenario judges beyond the rules for all of them. */
  readonly findings: Finding[] = [];
  readonly #sender: Sender;
  readonly #consumers: number;
  #load: RunningLoad | undefined;

  private constructor(
    system: System,
    scenario: Scenario,
    witnesses: readonly WitnessReader[],
    model: ModelReader | undefined,
    random: Random,
    signal: AbortSignal,
  ) {
    this.system = system;
    this.witnesses = witnesses;
    this.model = model;
    this.evidence = new Evidence(scenario.evidence);
    const { guarantees, routes = TESTED_ROUTES } = scenario;
    this.routes = routes.filter(({ guarantee }) => guarantees?.includes(guarantee) ?? true);
    this.random = random;
    this.signal = signal;
    this.nemesis = new Nemesis(system, random, signal);
    this.producer = new ObservedProducer(system.producerUrl);
    this.operator = new HttpClient(system.operator.url);
    this.prefix = `load-${randomBytes(4).toString('hex')}-`;
    this.#consumers = system.runningConsumers.length;
    const { ledger, prefix, producer } = this;
    this.#sender = new Sender({ producer, ledger, prefix, duplicates: false, random });
  }

  static async set(system: System, scenario: Scenario, random: Random, signal: AbortSignal): Promise<Stage> {
    const clouds = [...system.clouds.values()];
    const witnesses = await Promise.all(clouds.map(({ url }) => WitnessReader.open(new HttpClient(url))));
    const { modelUrl } = system;
    const model = modelUrl === undefined ? undefined : await ModelReader.open(new HttpClient(modelUrl));
    return new Stage(system, scenario, witnesses, model, random, signal);
  }

  /** Starts to send `rate` events per second, along the routes in equal parts, whatever the answers do. */
  startLoad(rate: number): RunningLoad {
    const over = new AbortController();
    const during = AbortSignal.any([this.signal, over.signal]);
    const plan = { routes: this.routes, rate, durationMs: MAX_LOAD_MS };
    const done = sendLoad(plan, (route) => this.#sender.send(route, false, this.signal), this.random, during);
    // Whoever stops it is told; until then its failure is nobody's.
    done.catch(ignore);
    this.#load = {
      stop: () => {
        over.abort();
        return done;
      },
    };
    return this.#load;
  }

  /** Has every tool of the load take so long, in ms; the tools of follow-ups stay quick. 0: as quick as they are. */
  async slowTools(delayMs: number): Promise<void> {
    await this.setFaults((tool) => (delayMs === 0 ? [] : [{ tool, kind: 'delay', delayMs }]));
  }

  /** Gives each cloud the rules for its tool of the load, in place of those before. No route has two tools of one cloud. */
  async setFaults(rulesFor: (tool: string) => readonly FaultRule[]): Promise<void> {
    for (const { cloud, tool } of this.routes.flatMap(toolsOf))
      await this.system.setFaults(cloud as Cloud, rulesFor(tool));
  }

  /** Resolves once calls come through along every route: processes that are only just there hold nothing worth hitting. */
  async warmUp(effects = 5): Promise<void> {
    const clouds = this.routes.map(({ cloud }) => cloud);
    for (const witness of this.witnesses.filter(({ cloud }) => clouds.includes(cloud))) {
      const isWarm = async () => (await witness.read(this.prefix)).tallies.length >= effects;
      await this.until(isWarm, `calls reach ${witness.cloud}`);
    }
  }

  timing(what: string, ms: number, boundMs?: number): void {
    this.timings.push({ what, ms: Math.round(ms), boundMs });
  }

  /** Keeps the worst of several times under one name. */
  worstTiming(what: string, ms: number, boundMs?: number): void {
    const at = this.timings.findIndex((timing) => timing.what === what);
    if (at === -1) this.timing(what, ms, boundMs);
    else if (ms > (this.timings[at]?.ms ?? 0)) this.timings[at] = { what, ms: Math.round(ms), boundMs };
  }

  sleep(ms: number): Promise<void> {
    return sleep(ms, this.signal);
  }

  /** As `waitUntil`, with a limit for a loaded machine, and no longer than the scenario. */
  until<T>(
    probe: () => T | undefined | false | Promise<T | undefined | false>,
    what: string,
    limitMs = WAIT_MS,
  ): Promise<T> {
    const checked = () => {
      this.signal.throwIfAborted();
      return probe();
    };
    return waitUntil(checked, what, limitMs);
  }

  /** Ends the load and every fault, and starts again what is gone; the system is whole afterwards. */
  async heal(): Promise<void> {
    const { system } = this;
    for (const proxy of system.proxies) proxy.set({ kind: 'pass' });
    if (system.redisServer.isRunning) system.redisServer.thaw();
    else await system.redisServer.restart();
    for (const process of [system.producer, system.operator, ...system.clouds.values(), ...system.runningConsumers]) {
      process.thaw();
    }
    for (const cloud of CLOUDS) {
      if (!system.clouds.get(cloud)?.isRunning) await system.startCloud(cloud);
      await system.setFaults(cloud, []);
    }
    if (!system.producer.isRunning) await system.startProducer();
    while (system.runningConsumers.length < this.#consumers) await system.startConsumer();
    await this.#load?.stop();
  }

  /** Sends a few events along every route, once everything is whole, to see that the system lives. */
  async sendCanaries(perRoute: number): Promise<void> {
    for (const route of this.routes) {
      for (let sent = 0; sent < perRoute; sent += 1) await this.#sender.send(route, true, this.signal);
    }
  }
}

/** Somebody else is told. */
function ignore(): void {}
