import type { Logger } from '@millrace/runtime';
import { listPauses, type Pause, type Stream } from '@millrace/stream-client';
import type { Pauses } from './find-pause.js';

/** What is paused, as it was when Redis was asked last. While Redis is away, what was known before still holds. */
export class SeenPauses implements Pauses {
  #routes: ReadonlyMap<string, Pause> = new Map();
  #servers: ReadonlyMap<string, Pause> = new Map();

  constructor(
    private readonly stream: Stream,
    private readonly logger: Logger,
  ) {}

  hasRoute(id: string): boolean {
    return this.#routes.has(id);
  }

  hasServer(name: string): boolean {
    return this.#servers.has(name);
  }

  /** Asks Redis. Throws STREAM_UNAVAILABLE. */
  async look(): Promise<void> {
    const pauses = await listPauses(this.stream);
    const before = [...this.#routes.values(), ...this.#servers.values()];
    this.#routes = byName(pauses.filter(({ kind }) => kind === 'route'));
    this.#servers = byName(pauses.filter(({ kind }) => kind === 'server'));
    for (const { kind, name, note } of missingIn(before, pauses)) this.logger.info({ kind, name, note }, 'paused');
    for (const { kind, name } of missingIn(pauses, before)) this.logger.info({ kind, name }, 'resumed');
  }
}

function byName(pauses: readonly Pause[]): ReadonlyMap<string, Pause> {
  return new Map(pauses.map((pause) => [pause.name, pause]));
}

function missingIn(these: readonly Pause[], those: readonly Pause[]): readonly Pause[] {
  return those.filter(({ kind, name }) => !these.some((one) => one.kind === kind && one.name === name));
}
