import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@millrace/testing';
import { type Cloud, type FaultRule, putFaults, readWitness, type WitnessCount } from '../system/mock-cloud.ts';
import { type ServiceProcess, startService } from '../system/service-process.ts';

/** As whom the server is started: the tools that the routes name are those of azure. */
const OWN: Cloud = 'azure';

/**
 * An MCP server of a scenario's own, besides those of the load: it may be broken, killed and replaced without harming
 * them. Its witness goes on counting where the process before it ended.
 */
export class ShakyServer {
  readonly url: string;
  readonly #dir: string;
  readonly #port: number;
  #process: ServiceProcess | undefined;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<ShakyServer> {
    const server = new ShakyServer(await mkdtemp(join(tmpdir(), 'millrace-shaky-')), await freePort());
    await server.restart();
    return server;
  }

  /** SIGKILL to the process, if there is one, and another on the same port; as another cloud it has other tools. */
  async restart(as: Cloud = OWN): Promise<void> {
    await this.#process?.kill();
    this.#process = await startService('mcp-server', {
      CLOUD: as,
      [`MCP_${as.toUpperCase()}_PORT`]: String(this.#port),
      WITNESS_FILE: join(this.#dir, 'witness.jsonl'),
    });
  }

  /** The rules end with the process. */
  setFaults(rules: readonly FaultRule[]): Promise<void> {
    return putFaults(this.url, rules);
  }

  /** What the witness has of the events whose ids begin so. */
  async witnessed(prefix: string): Promise<ReadonlyMap<string, WitnessCount>> {
    return new Map([...(await readWitness(this.url))].filter(([id]) => id.startsWith(prefix)));
  }

  async stop(): Promise<void> {
    await this.#process?.kill();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
