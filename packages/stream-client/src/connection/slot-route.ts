import type { Cluster, LentConnection, MapUser } from './cluster.js';
import { nameOf } from './cluster-map.js';
import type { ConnectionUse } from './create-connection.js';

/** What happens at the end of a route. */
export interface RouteListener {
  /** It leads to a node that is connected, be it a new one or the old one over a new connection. */
  onReady(): void;
  /** The connection is lost, or is left for another. */
  onClose(): void;
  onMessage(channel: string, message: string): void;
  /** The node has ended subscriptions, since it does not have their slots any more. */
  onUnsubscribed(): void;
}

/** The way to whoever takes writes for one slot of a cluster. It follows the slot. */
export class SlotRoute implements MapUser {
  readonly #cluster: Cluster;
  readonly #slot: number;
  readonly #use: ConnectionUse;
  readonly #listener: RouteListener;
  #current: LentConnection | undefined;
  #next: LentConnection | undefined;
  #isReady = false;
  #isClosed = false;

  constructor(cluster: Cluster, slot: number, use: ConnectionUse, listener: RouteListener) {
    this.#cluster = cluster;
    this.#slot = slot;
    this.#use = use;
    this.#listener = listener;
  }

  /** Where commands go; undefined before the first connection is ready. */
  get current(): LentConnection | undefined {
    return this.#current;
  }

  get isThere(): boolean {
    return this.#isReady && this.#next === undefined;
  }

  /** The old node is left when the new one is connected: until then it sends everybody on, or still has the slot. */
  steer(): void {
    const owner = this.#cluster.map.ownerOf(this.#slot);
    if (this.#isClosed || owner === undefined) return;
    const leadsThere = (lent: LentConnection | undefined) =>
      lent !== undefined && nameOf(lent.address) === nameOf(owner);
    if (leadsThere(this.#next)) return;
    this.#leave(this.#next);
    this.#next = undefined;
    if (leadsThere(this.#current)) return;
    this.#next = this.#cluster.lend(owner, this.#use);
    this.#next.redis.on('ready', this.#onReady);
    this.#onReady();
  }

  /**
   * Begins anew, wherever the map leads: the node at the other end is not fit for the slot. In a later turn, for that may
   * be the same connection, which is ready at once, and the listener may answer that by beginning anew.
   */
  begin(): void {
    this.#leave(this.#current);
    this.#current = undefined;
    this.#onClose();
    setImmediate(() => this.steer());
  }

  close(): void {
    this.#isClosed = true;
    this.#isReady = false;
    for (const lent of [this.#next, this.#current]) this.#leave(lent);
    this.#next = undefined;
    this.#current = undefined;
  }

  readonly #onReady = () => {
    if (this.#next?.redis.status === 'ready') this.#arrive(this.#next);
    else if (!this.#isReady && this.#current?.redis.status === 'ready') this.#become(true);
  };

  readonly #onClose = () => {
    if (this.#isReady) this.#become(false);
    this.#cluster.lookAgain();
  };

  readonly #onMessage = (channel: string, message: string) => this.#listener.onMessage(channel, message);

  readonly #onUnsubscribed = () => this.#listener.onUnsubscribed();

  #arrive(next: LentConnection): void {
    this.#leave(this.#current);
    if (this.#isReady) this.#become(false);
    this.#next = undefined;
    this.#current = next;
    next.redis.on('close', this.#onClose);
    next.redis.on('smessage', this.#onMessage);
    // What ioredis calls it.
    next.redis.on('moved', this.#onUnsubscribed);
    this.#become(true);
  }

  #leave(lent: LentConnection | undefined): void {
    lent?.redis.off('ready', this.#onReady);
    lent?.redis.off('close', this.#onClose);
    lent?.redis.off('smessage', this.#onMessage);
    lent?.redis.off('moved', this.#onUnsubscribed);
    lent?.giveBack();
  }

  #become(isReady: boolean): void {
    this.#isReady = isReady;
    if (isReady) this.#listener.onReady();
    else this.#listener.onClose();
  }
}
