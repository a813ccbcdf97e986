import { sleep } from '@millrace/core';
import { Command, Redis } from 'ioredis';
import type { Cluster, LentConnection } from './cluster.js';
import { slotOf } from './cluster-map.js';
import { type Refusal, readRefusal } from './cluster-refusal.js';
import type { ConnectionUse } from './create-connection.js';
import { SlotRoute } from './slot-route.js';

/** Longest time for which a command that is refused is sent again, in ms. */
export const FOLLOW_FOR_MS = 2_000;
const LONGEST_PAUSE_MS = 100;
/** Pause before a subscription that failed is asked for again, in ms. */
const RESUBSCRIBE_AFTER_MS = 500;

/**
 * A cluster that is used like a connection to one Redis: each command goes to whoever takes writes for its key, and one
 * that names no key to the owner of the home slot, whose connection also decides `status` and the events `ready` and
 * `close`; where the slot moves, it closes and is ready again. Channels stay subscribed wherever their slots go; after
 * each gap, when they are again, the event `resubscribed` names them.
 *
 * What a node refuses is sent again for a while, for it was not carried out. But not with `writes`: who waits for replicas
 * has to know which node took a write, so it is told of the refusal. A command whose answer is lost rejects, as everywhere.
 */
export class ClusterConnection extends Redis {
  readonly #cluster: Cluster;
  readonly #use: ConnectionUse;
  readonly #home: SlotRoute;
  readonly #homeSlot: number;
  readonly #routes = new Map<number, SlotRoute>();
  readonly #channels = new Map<number, Set<string>>();
  readonly #onEnd: () => void;
  #isClosed = false;

  /** `onEnd` is called when it is closed, before its connections are given back. */
  constructor(cluster: Cluster, use: ConnectionUse, homeSlot: number, onEnd: () => void) {
    // It never connects by itself.
    super({ lazyConnect: true });
    this.#cluster = cluster;
    this.#use = use;
    this.#homeSlot = homeSlot;
    this.#onEnd = onEnd;
    this.#home = this.#routeOf(homeSlot);
  }

  override sendCommand(command: Command): unknown {
    if (command.name.toLowerCase() === 'ssubscribe') return this.#subscribe(command);
    this.#send(command, command.getSlot() ?? this.#homeSlot);
    return command.promise;
  }

  /** Sends a command that names no key to whoever has this one. */
  sendTo(key: string, command: Command): Promise<unknown> {
    this.#send(command, slotOf(key));
    return command.promise as Promise<unknown>;
  }

  /** Where commands about this key go at the moment, over a connection that is shared; undefined before there is one. */
  connectionFor(key: string): LentConnection | undefined {
    return this.#routeOf(slotOf(key)).current;
  }

  /** The connection, shared by all slots of its node, over which commands about the home slot go now. */
  get homeConnection(): Redis | undefined {
    return this.#home.current?.redis;
  }

  /** With `reconnect`, asks who has the home slot now: the node at the other end is not fit for it. */
  override disconnect(reconnect = false): void {
    if (this.#isClosed) return;
    if (reconnect) {
      this.#home.begin();
      return;
    }
    this.#isClosed = true;
    this.#onEnd();
    for (const route of this.#routes.values()) {
      this.#cluster.leave(route);
      route.close();
    }
    this.#become('end');
  }

  #routeOf(slot: number): SlotRoute {
    const known = this.#routes.get(slot);
    if (known !== undefined) return known;
    const isHome = slot === this.#homeSlot;
    const route = new SlotRoute(this.#cluster, slot, this.#use, {
      onReady: () => {
        this.#resubscribe(slot);
        if (isHome) this.#become('ready');
      },
      onClose: () => {
        if (isHome) this.#become('close');
      },
      onMessage: (channel, message) => {
        if (this.#channels.get(slot)?.has(channel)) this.emit('smessage', channel, message);
      },
      onUnsubscribed: () => this.#resubscribe(slot),
    });
    this.#routes.set(slot, route);
    this.#cluster.join(route);
    return route;
  }

  #send(command: Command, slot: number): void {
    if (this.#isClosed) {
      command.reject(new Error('the connection to the cluster is closed'));
      return;
    }
    const route = this.#routeOf(slot);
    const { reject } = command;
    let giveUpAt: number | undefined;
    let attempts = 0;

    const send = ({ address, redis }: LentConnection, isAsked = false) => {
      command.reject = (error) => {
        const refusal = readRefusal(error, address);
        if (refusal !== undefined) this.#cluster.hear(refusal);
        // A node that says nothing may have been replaced.
        else if (error.message === 'Command timed out') this.#cluster.lookAgain();
        if (refusal === undefined || this.#use === 'writes') reject(error);
        else again(refusal, error);
      };
      // Where ASKING is refused, so is what comes after it.
      if (isAsked) redis.asking().catch(ignore);
      redis.sendCommand(command);
    };
    const again = (refusal: Refusal, error: Error) => {
      giveUpAt ??= performance.now() + FOLLOW_FOR_MS;
      if (command.isSettled || this.#isClosed || performance.now() > giveUpAt) reject(error);
      else void sendLater(refusal, error);
    };
    const sendLater = async (refusal: Refusal, error: Error) => {
      // A read that blocks waits for the end of the move; others cannot share its connection.
      const isAsk = refusal.kind === 'ask' && this.#use === 'commands';
      const asked = isAsk ? this.#cluster.lend(refusal.to, this.#use) : undefined;
      if (asked?.redis.status !== 'ready') await sleep(pauseBefore(attempts));
      attempts += 1;
      // It may have timed out meanwhile: nobody waits for it any more.
      if (!command.isSettled) {
        if (asked?.redis.status === 'ready') send(asked, true);
        else if (route.current === undefined) again({ kind: 'later' }, error);
        else send(route.current);
      }
      asked?.giveBack();
    };

    if (route.current !== undefined) send(route.current);
    // A slot that nobody has asked for before: its node is not connected yet.
    else again({ kind: 'later' }, new Error(`nobody who has slot ${slot} is connected`));
  }

  /** Channels of several slots cannot be subscribed to in one command. */
  #subscribe(command: Command): unknown {
    const bySlot = Map.groupBy(command.args.map(String), slotOf);
    const all = Array.from(bySlot, ([slot, channels]) => {
      const known = this.#channels.get(slot) ?? new Set();
      for (const channel of channels) known.add(channel);
      this.#channels.set(slot, known);
      const part = new Command('ssubscribe', channels, { replyEncoding: 'utf8' });
      this.#send(part, slot);
      (part.promise as Promise<unknown>).catch(() => this.#resubscribeLater(slot));
      return part.promise as Promise<unknown>;
    });
    Promise.all(all).then(
      () => command.resolve(all.length),
      (error: Error) => command.reject(error),
    );
    return command.promise;
  }

  /** A subscription that ended with its connection, or at its node, is asked for until it is there again. */
  #resubscribe(slot: number): void {
    const channels = this.#channels.get(slot);
    if (channels === undefined || this.#isClosed) return;
    const command = new Command('ssubscribe', [...channels], { replyEncoding: 'utf8' });
    this.#send(command, slot);
    (command.promise as Promise<unknown>).then(
      () => this.emit('resubscribed', [...channels]),
      () => this.#resubscribeLater(slot),
    );
  }

  #resubscribeLater(slot: number): void {
    setTimeout(() => this.#resubscribe(slot), RESUBSCRIBE_AFTER_MS * (0.5 + Math.random())).unref();
  }

  #become(status: 'ready' | 'close' | 'end'): void {
    this.status = status;
    this.emit(status);
  }
}

/** Short at first: mostly the new owner is connected within a few ms. Jittered, so that commands do not come in step. */
function pauseBefore(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, 5 * 2 ** attempt) * (0.5 + Math.random());
}

function ignore(): void {}
