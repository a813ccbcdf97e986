import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RedisServer, startRedisServer, TcpProxy, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import type { Posted, RecordBody } from './answers.ts';
import { askCluster } from './ask-cluster.ts';
import { type ConfigFiles, writeConfig } from './config-folder.ts';
import {
  CLOUDS,
  type Cloud,
  countStruck,
  type FaultRule,
  putFaults,
  readFirstEffects,
  readWitness,
  type WitnessCount,
} from './mock-cloud.ts';
import { type AskedRedis, countDeadLetters, countHeldBy, readUnfinished, type Unfinished } from './redis-facts.ts';
import { type ServiceProcess, startService } from './service-process.ts';
import { startTestRedis, type TestRedis } from './test-redis.ts';

type Env = Readonly<Record<string, string>>;

export interface SystemOptions {
  /** Settings of every process, over those below. */
  readonly env?: Env;
  /** The configuration, in a folder of the system's own, with the demonstration's servers. Default: the demonstration's. */
  readonly config?: ConfigFiles;
  /** In front of every program. */
  readonly nodeArgs?: readonly string[];
  /** The Redis to use; it is stopped with the system. Default: what `startTestRedis` starts. */
  readonly redis?: RedisServer;
  /** What a scripted model says, as a file; it is then the one that every route asks. Without it there is no model. */
  readonly modelScripts?: string;
  /** Between which parts there is a proxy; every process goes through it. With one to Redis, that is one server. */
  readonly proxied?: readonly Proxied[];
}
export type Proxied = 'redis' | 'producer' | Cloud;

/**
 * For tests that kill or freeze consumers: the shortest times that a loaded machine keeps, so that recovery is seen in
 * seconds. Others do without: what a slow consumer holds is then nobody else's.
 */
export const SHORT_TIMES = {
  MILLRACE_CLAIM_IDLE_MS: '1800',
  MILLRACE_HEARTBEAT_MS: '300',
  MILLRACE_SWEEP_MS: '250',
} as const;

/** More than consumers hold at a time, so that they are found at work. */
const FEW = 200;

const UNHURRIED_TIMES = { ...SHORT_TIMES, MILLRACE_CLAIM_IDLE_MS: '60000' };

/** The whole system on loopback: a Redis of its own, three mock clouds, a producer, an operator and consumers. */
export class System {
  /** Every consumer that was started and is not known to be gone. */
  readonly consumers: ServiceProcess[] = [];
  readonly clouds = new Map<Cloud, ServiceProcess>();
  readonly redisServer: RedisServer;
  /** The test's own connection, past every proxy: on a cluster, to whoever has partition 0. */
  readonly redis: Redis;
  /** The test's own way to every partition, past every proxy. */
  readonly facts: AskedRedis;
  /** Where events are posted: the producer, or the proxy in front of it. */
  readonly producerUrl: string;
  /** Whatever was ever started, so that nothing outlives the test, however it ends. */
  readonly #processes: ServiceProcess[] = [];
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #proxies: ReadonlyMap<Proxied, TcpProxy>;
  readonly #env: Env;
  readonly #nodeArgs: readonly string[];
  readonly #dir: string;
  readonly #http: Pool;
  #producer: ServiceProcess | undefined;
  #operator: ServiceProcess | undefined;
  #model: ServiceProcess | undefined;

  private constructor(
    redisServer: RedisServer,
    proxies: ReadonlyMap<Proxied, TcpProxy>,
    env: Env,
    nodeArgs: readonly string[],
    dir: string,
  ) {
    this.redisServer = redisServer;
    this.redis = new Redis(redisServer.url);
    // A Redis that is gone is what some tests are about; whoever asks it is told.
    this.redis.on('error', ignore);
    this.facts = env.REDIS_CLUSTER_NODES === undefined ? this.redis : askCluster(env.REDIS_CLUSTER_NODES);
    this.#proxies = proxies;
    this.#env = env;
    this.#nodeArgs = nodeArgs;
    this.#dir = dir;
    const port = proxies.get('producer')?.port ?? Number(env.PRODUCER_PORT);
    this.producerUrl = `http://127.0.0.1:${port}`;
    this.#http = new Pool(this.producerUrl, { connections: 64 });
  }

  static async start(consumers: number, options: SystemOptions = {}): Promise<System> {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
    const { server: redisServer, env: redisEnv } = await redisFor(options);
    const ports = { aws: await freePort(), gcp: await freePort(), azure: await freePort() };
    const targets = { ...ports, redis: redisServer.port, producer: await freePort() };
    const proxies = new Map<Proxied, TcpProxy>();
    for (const name of options.proxied ?? []) proxies.set(name, await TcpProxy.open(targets[name]));
    const portTo = (name: Proxied) => proxies.get(name)?.port ?? targets[name];
    const configDir = configIn(dir);
    if (options.config !== undefined) await writeConfig(configDir, options.config);
    const env = {
      ...redisEnv,
      ...(options.config === undefined ? {} : { MILLRACE_CONFIG: configDir }),
      REDIS_URL: `redis://127.0.0.1:${portTo('redis')}`,
      PRODUCER_PORT: String(targets.producer),
      OPERATOR_PORT: '0',
      ...Object.fromEntries(CLOUDS.map((cloud) => [`MCP_${cloud.toUpperCase()}_PORT`, String(ports[cloud])])),
      ...Object.fromEntries(CLOUDS.map((cloud) => [urlSettingOf(cloud), `http://127.0.0.1:${portTo(cloud)}/mcp`])),
      ...(options.modelScripts === undefined ? {} : await modelSettings(options.modelScripts)),
      ...UNHURRIED_TIMES,
      ...options.env,
    };
    const system = new System(redisServer, proxies, env, options.nodeArgs ?? [], dir);
    try {
      await Promise.all([
        system.startProducer(),
        system.startOperator(),
        ...(options.modelScripts === undefined ? [] : [system.#startModel()]),
        ...CLOUDS.map((one) => system.startCloud(one)),
      ]);
      await Promise.all(Array.from({ length: consumers }, () => system.startConsumer()));
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  /** Where the files of `config` are. */
  get configDir(): string {
    return configIn(this.#dir);
  }

  /** The settings by which another process finds the same Redis. */
  get redisEnv(): Env {
    return Object.fromEntries(Object.entries(this.#env).filter(([name]) => name.startsWith('REDIS_')));
  }

  get producer(): ServiceProcess {
    if (this.#producer === undefined) throw new Error('the producer has not been started');
    return this.#producer;
  }

  get operator(): ServiceProcess {
    if (this.#operator === undefined) throw new Error('the operator has not been started');
    return this.#operator;
  }

  /** Where the scripted model is; undefined where there is none. */
  get modelUrl(): string | undefined {
    return this.#model?.url;
  }

  get runningConsumers(): readonly ServiceProcess[] {
    return this.consumers.filter(({ isRunning }) => isRunning);
  }

  /** Throws for what was not named in `proxied`. */
  proxy(name: Proxied): TcpProxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw new Error(`there is no proxy in front of ${name}`);
    return proxy;
  }

  get proxies(): readonly TcpProxy[] {
    return [...this.#proxies.values()];
  }

  /** Starts the producer, again on the same port once it is gone. `env` wins over the system's settings. */
  async startProducer(env: Env = {}): Promise<ServiceProcess> {
    this.#producer = await this.#start('producer', env);
    return this.#producer;
  }

  async startOperator(): Promise<void> {
    this.#operator = await this.#start('operator', {});
  }

  async #startModel(): Promise<void> {
    this.#model = await this.#start('model-script', {});
  }

  async startCloud(cloud: Cloud): Promise<void> {
    const env = { CLOUD: cloud, WITNESS_FILE: join(this.#dir, `${cloud}.jsonl`) };
    this.clouds.set(cloud, await this.#start('mcp-server', env));
  }

  async startConsumer(env: Env = {}, nodeArgs: readonly string[] = []): Promise<ServiceProcess> {
    const consumer = await this.#start('consumer', env, nodeArgs);
    this.consumers.push(consumer);
    return consumer;
  }

  async #start(name: string, env: Env, nodeArgs: readonly string[] = []): Promise<ServiceProcess> {
    const process = await startService(name, { ...this.#env, ...env }, [...this.#nodeArgs, ...nodeArgs]);
    this.#processes.push(process);
    return process;
  }

  async post(event: unknown): Promise<Posted> {
    const { statusCode, body } = await this.#http.request({
      method: 'POST',
      path: '/v1/events',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    return { status: statusCode, body: (await body.json()) as Posted['body'] };
  }

  async record(ref: string): Promise<RecordBody> {
    const { status, text } = await this.#getRecord(ref);
    if (status !== 200) throw new Error(`GET ${ref} was answered ${status}: ${text}`);
    return JSON.parse(text) as RecordBody;
  }

  /** A producer that cannot ask Redis just now is asked again. */
  untilState(ref: string, state: string, limitMs?: number): Promise<RecordBody> {
    const probe = async () => {
      const { status, text } = await this.#getRecord(ref);
      if (status === 503) return false;
      if (status !== 200) throw new Error(`GET ${ref} was answered ${status}: ${text}`);
      const record = JSON.parse(text) as RecordBody;
      return record.state === state && record;
    };
    return waitUntil(probe, `event ${ref} is ${state}`, limitMs);
  }

  async #getRecord(ref: string): Promise<{ readonly status: number; readonly text: string }> {
    const { statusCode, body } = await this.#http.request({ method: 'GET', path: `/v1/events/${ref}` });
    return { status: statusCode, text: await body.text() };
  }

  unfinished(): Promise<Unfinished> {
    return readUnfinished(this.facts);
  }

  /** Entries that a consumer process holds, by its own name in the groups; still known for a moment after its death. */
  heldBy(pid: number): Promise<number> {
    return countHeldBy(this.facts, pid);
  }

  /** Tells a cloud how to misbehave from now on; without rules it behaves. */
  setFaults(cloud: Cloud, rules: readonly FaultRule[]): Promise<void> {
    return putFaults(this.#urlOf(cloud), rules);
  }

  /** How often a cloud's faults of this kind have struck. */
  struck(cloud: Cloud, kind: FaultRule['kind']): Promise<number> {
    return countStruck(this.#urlOf(cloud), kind);
  }

  untilIdle(limitMs?: number): Promise<unknown> {
    const isIdle = async () => {
      const { backlog, pending } = await this.unfinished();
      return backlog === 0 && pending === 0;
    };
    return waitUntil(
      // Twice: what goes from one partition to another may be in neither at the moment that each is asked.
      async () => (await isIdle()) && (await isIdle()),
      'nothing is unfinished',
      limitMs,
    );
  }

  /**
   * Resolves once not much is unfinished, or `isOver` is true: for whoever posts until something has happened, for a slow
   * machine takes its time for that and is not to have the more to do.
   */
  async untilFewOpen(isOver: () => boolean): Promise<void> {
    await waitUntil(async () => isOver() || (await this.unfinished()).backlog < FEW, 'the system keeps pace');
  }

  deadLetters(): Promise<number> {
    return countDeadLetters(this.facts);
  }

  /** How many requests and effects a cloud's own log has for each event id. */
  witnessed(cloud: Cloud): Promise<ReadonlyMap<string, WitnessCount>> {
    return readWitness(this.#urlOf(cloud));
  }

  /** The ids of the events whose effects a cloud's own log has, in the order of the first effect of each. */
  firstEffects(cloud: Cloud): Promise<readonly string[]> {
    return readFirstEffects(this.#urlOf(cloud));
  }

  /** Something more to close when the system stops; the last one named is closed first. */
  onStop(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async stop(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close();
    await this.#http.destroy();
    this.redis.disconnect();
    this.facts.disconnect();
    await Promise.all(this.#processes.map((one) => one.kill()));
    for (const proxy of this.proxies) await proxy.close();
    await this.redisServer.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }

  #urlOf(cloud: Cloud): string {
    const process = this.clouds.get(cloud);
    if (process === undefined) throw new Error(`${cloud} has not been started`);
    return process.url;
  }
}

async function redisFor({ redis, proxied }: SystemOptions): Promise<TestRedis> {
  if (redis !== undefined) return { server: redis, env: {} };
  // What a cluster announces of its nodes leads past every proxy.
  return proxied?.includes('redis') ? { server: await startRedisServer(), env: {} } : startTestRedis();
}

async function modelSettings(scripts: string): Promise<Env> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/v1`;
  return { MODEL_SCRIPT_PORT: String(port), MODEL_SCRIPTS: scripts, MODEL_URL: url, SCRIPTED_MODEL_URL: url };
}

function configIn(dir: string): string {
  return join(dir, 'config');
}

/** The setting that names a cloud's MCP endpoint, in `servers.yaml`. */
export function urlSettingOf(cloud: Cloud): string {
  return `MCP_${cloud.toUpperCase()}_URL`;
}

/** Nothing needs to be done. */
function ignore(): void {}
