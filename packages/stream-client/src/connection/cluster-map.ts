import { Command } from 'ioredis';
import { knownHost, type NodeAddress } from './cluster-refusal.js';

/** How long the word of a node that sends us elsewhere counts more than the map, in ms: others may not have heard yet. */
const TOLD_FOR_MS = 3_000;

interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly owner: NodeAddress;
}

/** Who takes writes for which slots of a cluster, as far as its nodes have told. */
export class ClusterMap {
  #ranges: readonly SlotRange[] = [];
  #nodes: readonly NodeAddress[] = [];
  readonly #told = new Map<number, { readonly owner: NodeAddress; readonly until: number }>();

  /** Undefined when nobody has the slot, or nobody has been asked. */
  ownerOf(slot: number): NodeAddress | undefined {
    const told = this.#told.get(slot);
    if (told !== undefined && performance.now() < told.until) return told.owner;
    this.#told.delete(slot);
    return this.#ranges.find(({ first, last }) => first <= slot && slot <= last)?.owner;
  }

  /** Every node that is named in the map, replicas as well. */
  get nodes(): readonly NodeAddress[] {
    return this.#nodes;
  }

  /** Takes the answer to CLUSTER SLOTS. A node that does not say its own address is where it was asked. */
  take(answer: unknown, asked: NodeAddress): void {
    const rows = answer as [number, number, ...[string | null, number][]][];
    const addressOf = ([host, port]: [string | null, number]) => ({ host: knownHost(host, asked), port });
    this.#ranges = rows.flatMap(([first, last, primary]) =>
      primary === undefined ? [] : [{ first, last, owner: addressOf(primary) }],
    );
    const all = rows.flatMap(([, , ...nodes]) => nodes.map(addressOf));
    this.#nodes = [...new Map(all.map((node) => [nameOf(node), node])).values()];
  }

  /** Notes that a node, asked for this slot, has said who has it. */
  note(slot: number, owner: NodeAddress): void {
    this.#told.set(slot, { owner, until: performance.now() + TOLD_FOR_MS });
  }
}

/** `host:port`. */
export function nameOf({ host, port }: NodeAddress): string {
  return `${host}:${port}`;
}

/** The slot of a key or a channel, which its hash tag alone decides where it has one. */
export function slotOf(key: string): number {
  return new Command('get', [key]).getSlot();
}
