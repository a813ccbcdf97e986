import type { Event } from '@millrace/events';
import { type Appender, createPartitionsAppender, openPartitions } from '@millrace/stream-client';
import { poisson } from './chance.ts';
import { reach, type SimulatedCluster } from './cluster.ts';
import { Cpu } from './cpu.ts';
import type { Scenario } from './settings.ts';

/** How often arrivals are drawn, in ms. */
const EVERY_MS = 1;
const SOURCE = '/simulation';

/** Producers that events come to at random moments, with the appender of the real ones. */
export class Load {
  posted = 0;
  refused = 0;
  accepted = 0;
  #appenders: readonly Pick<Appender, 'append'>[] = [];
  readonly #data: Buffer;

  readonly #cluster: SimulatedCluster;
  readonly #scenario: Scenario;
  readonly #random: () => number;
  readonly #onAccepted: (ref: string, postedAt: number) => void;

  constructor(
    cluster: SimulatedCluster,
    scenario: Scenario,
    random: () => number,
    onAccepted: (ref: string, postedAt: number) => void,
  ) {
    this.#cluster = cluster;
    this.#scenario = scenario;
    this.#random = random;
    this.#onAccepted = onAccepted;
    this.#data = Buffer.from(JSON.stringify({ note: 'x'.repeat(Math.max(0, scenario.dataBytes - 11)) }));
  }

  /** The producers open their connections, and so does who listens to what becomes of events. */
  async open(): Promise<void> {
    const { partitions, producers, isWatched } = this.#scenario;
    if (isWatched) {
      const { options } = reach(this.#cluster, new Cpu(this.#cluster.time));
      const listener = await options.connect?.('commands');
      for (const { keys } of this.#cluster.partitions) await listener?.ssubscribe(keys.changes);
    }
    const open = async () => {
      const { options } = reach(this.#cluster, new Cpu(this.#cluster.time));
      const opened = await openPartitions({ ...options, partitions });
      return createPartitionsAppender(opened, { maxBacklog: 1_000_000_000, deadlineMs: 30_000 });
    };
    this.#appenders = await Promise.all(Array.from({ length: producers }, open));
  }

  /** Events come from now on until that moment. */
  start(untilMs: number): void {
    const { time } = this.#cluster;
    const { eventsPerSecond } = this.#scenario;
    const tick = () => {
      if (time.nowMs >= untilMs) return;
      const arriving = poisson((eventsPerSecond * EVERY_MS) / 1_000, this.#random);
      for (let n = 0; n < arriving; n++) this.#post();
      time.after(EVERY_MS, tick);
    };
    tick();
  }

  #post(): void {
    const number = this.posted;
    this.posted += 1;
    const key = Math.floor(this.#random() * this.#scenario.keys);
    const postedAt = this.#cluster.time.nowMs;
    // Events of one key come by one way, so that their order is the order in which they were posted.
    const appender = this.#appenders[key % this.#appenders.length] as Pick<Appender, 'append'>;
    const event = eventOf(number, `k${key}`, this.#data);
    // Where too many wait already, or an answer takes too long, the sender is told to come again.
    const refuse = () => {
      this.refused += 1;
    };
    void appender.append(event, 'hash').then((result) => {
      if (result.kind !== 'accepted') {
        refuse();
        return;
      }
      this.accepted += 1;
      this.#onAccepted(result.ref, postedAt);
    }, refuse);
  }
}

function eventOf(number: number, partitionkey: string, bytes: Buffer): Event {
  const own = { id: String(number), source: SOURCE, type: 'simulated' };
  return { ...own, attributes: { specversion: '1.0', ...own, partitionkey }, data: { kind: 'json', bytes } };
}
