import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { Redis } from 'ioredis';
import { Pool } from 'undici';
import { type ServiceProcess, startService } from './service-process.js';

export type Cloud = 'aws' | 'gcp' | 'azure';
const CLOUDS: readonly Cloud[] = ['aws', 'gcp', 'azure'];

/** The record of an event, as far as these tests look at it. */
export interface RecordBody {
  readonly ref: string;
  readonly state: string;
  readonly event: Record<string, unknown>;
  readonly routes: readonly {
    readonly id: string;
    readonly state: string;
    readonly attempts: number;
    readonly reason?: string;
    readonly error?: { readonly code: string; readonly message: string };
    readonly result?: Record<string, unknown>;
    readonly followUps: readonly string[];
  }[];
}

export interface Posted {
  readonly status: number;
  readonly body: { readonly ref: string; readonly id: string; readonly duplicate: boolean };
}

/** The whole system on loopback: a Redis of its own, three mock clouds, a producer, an operator and consumers. */
export class System {
  readonly consumers: ServiceProcess[] = [];
  readonly clouds = new Map<Cloud, ServiceProcess>();
  /** Whatever was ever started, so that nothing outlives the test, however it ends. */
  readonly #processes: ServiceProcess[] = [];
  readonly #env: Readonly<Record<string, string>>;
  readonly #dir: string;

  private constructor(
    readonly redisServer: RedisServer,
    readonly redis: Redis,
    readonly producer: ServiceProcess,
    readonly operator: ServiceProcess,
    readonly http: Pool,
    env: Readonly<Record<string, string>>,
    dir: string,
  ) {
    this.#env = env;
    this.#dir = dir;
  }

  /** `settings` go over those that the tests share. */
  static async start(consumers: number, settings: Readonly<Record<string, string>> = {}): Promise<System> {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
    const redisServer = await startRedisServer();
    const ports = { aws: await freePort(), gcp: await freePort(), azure: await freePort() };
    const env = {
      REDIS_URL: redisServer.url,
      PRODUCER_PORT: '0',
      OPERATOR_PORT: '0',
      ...Object.fromEntries(CLOUDS.map((cloud) => [`MCP_${cloud.toUpperCase()}_PORT`, String(ports[cloud])])),
      ...Object.fromEntries(
        CLOUDS.map((cloud) => [`MCP_${cloud.toUpperCase()}_URL`, `http://127.0.0.1:${ports[cloud]}/mcp`]),
      ),
      MILLRACE_CLAIM_IDLE_MS: '1800',
      MILLRACE_HEARTBEAT_MS: '300',
      MILLRACE_SWEEP_MS: '250',
      ...settings,
    };
    const producer = await startService('producer', env);
    const operator = await startService('operator', env);
    const http = new Pool(producer.url, { connections: 64 });
    const system = new System(redisServer, new Redis(redisServer.url), producer, operator, http, env, dir);
    await Promise.all(CLOUDS.map((cloud) => system.startCloud(cloud)));
    await Promise.all(Array.from({ length: consumers }, () => system.startConsumer()));
    return system;
  }

  async startCloud(cloud: Cloud): Promise<void> {
    const env = { ...this.#env, CLOUD: cloud, WITNESS_FILE: join(this.#dir, `${cloud}.jsonl`) };
    const process = await startService('mcp-server', env);
    this.clouds.set(cloud, process);
    this.#processes.push(process);
  }

  async startConsumer(): Promise<void> {
    const process = await startService('consumer', this.#env);
    this.consumers.push(process);
    this.#processes.push(process);
  }

  async post(event: unknown): Promise<Posted> {
    const { statusCode, body } = await this.http.request({
      method: 'POST',
      path: '/v1/events',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    });
    return { status: statusCode, body: (await body.json()) as Posted['body'] };
  }

  async record(ref: string): Promise<RecordBody> {
    const { statusCode, body } = await this.http.request({ method: 'GET', path: `/v1/events/${ref}` });
    if (statusCode !== 200) throw new Error(`GET ${ref} was answered ${statusCode}: ${await body.text()}`);
    return (await body.json()) as RecordBody;
  }

  untilState(ref: string, state: string, limitMs?: number): Promise<RecordBody> {
    const probe = async () => {
      const record = await this.record(ref);
      return record.state === state && record;
    };
    return waitUntil(probe, `event ${ref} is ${state}`, limitMs);
  }

  /** Entries not acknowledged and deliveries that wait, as the scripts count them; and the group's pending entries. */
  async unfinished(): Promise<{ backlog: number; pending: number }> {
    const [pending] = (await this.redis.xpending('millrace:{0}:events', 'consumers')) as [number];
    return { backlog: Number(await this.redis.hget('millrace:{0}:counters', 'backlog')), pending };
  }

  /** Entries that a consumer process holds, by its own name in the group; still known for a moment after its death. */
  async heldBy(pid: number): Promise<number> {
    const consumers = (await this.redis.xinfo('CONSUMERS', 'millrace:{0}:events', 'consumers')) as unknown[][];
    const mine = consumers.find(([, name]) => String(name).includes(`-${pid}-`));
    return Number(mine?.[3] ?? 0);
  }

  /** Tells a cloud how to misbehave from now on; without rules it behaves. */
  async setFaults(cloud: Cloud, rules: readonly FaultRule[]): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.clouds.get(cloud)?.url}/faults`, {
      method: 'PUT',
      headers,
      body: JSON.stringify(rules),
    });
    if (!answer.ok) throw new Error(`PUT /faults was answered ${answer.status}: ${await answer.text()}`);
  }

  untilIdle(limitMs: number): Promise<unknown> {
    return waitUntil(
      async () => {
        const { backlog, pending } = await this.unfinished();
        return backlog === 0 && pending === 0;
      },
      'nothing is unfinished',
      limitMs,
    );
  }

  async deadLetters(): Promise<number> {
    return this.redis.zcard('millrace:{0}:dead');
  }

  /** How many requests and effects a cloud's own log has for each event id. */
  async witnessed(cloud: Cloud): Promise<ReadonlyMap<string, { requests: number; effects: number }>> {
    const counts = new Map<string, { requests: number; effects: number }>();
    let after = '';
    for (;;) {
      const url = `${this.clouds.get(cloud)?.url}/witness/counts?limit=10000${after && `&after=${encodeURIComponent(after)}`}`;
      const page = (await (await fetch(url)).json()) as WitnessPage;
      if (page.uncounted > 0) throw new Error(`${page.uncounted} events are not counted by the witness of ${cloud}`);
      for (const [eventId, count] of Object.entries(page.counts)) counts.set(eventId, count);
      if (page.next === undefined) return counts;
      after = page.next;
    }
  }

  async stop(): Promise<void> {
    await this.http.destroy();
    this.redis.disconnect();
    await Promise.all([...this.#processes, this.producer, this.operator].map((one) => one.kill()));
    await this.redisServer.stop();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** As the mock cloud's `/faults` takes it. */
export interface FaultRule {
  readonly tool: string;
  readonly kind: 'delay' | 'cut-after-effect' | 'cut-before-effect' | 'hang';
  readonly delayMs?: number;
  readonly times?: number;
  readonly eventIdPrefix?: string;
}

interface WitnessPage {
  readonly counts: Readonly<Record<string, { requests: number; effects: number }>>;
  readonly uncounted: number;
  readonly next?: string;
}
