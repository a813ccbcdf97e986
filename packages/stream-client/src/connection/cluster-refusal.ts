/** Where a node of a cluster is. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Why a node of a cluster did not carry out a command. It has changed nothing, so the command may be sent again: to the
 * node that has the slot (`moved`), to the one that is just getting it, and after ASKING (`ask`), or a little later: the
 * keys are on their way between two nodes, or nobody has the slot at this moment.
 */
export type Refusal =
  | { readonly kind: 'moved' | 'ask'; readonly slot: number; readonly to: NodeAddress }
  | { readonly kind: 'later' };

/** Undefined for every other error, after which nobody knows whether the command was carried out. */
export function readRefusal(error: unknown, asked: NodeAddress): Refusal | undefined {
  const message = error instanceof Error ? error.message : '';
  const [, word, slot, host = '', port] = /^(MOVED|ASK) (\d+) (.*):(\d+)$/.exec(message) ?? [];
  if (word !== undefined) {
    const to = { host: knownHost(host, asked), port: Number(port) };
    return { kind: word === 'ASK' ? 'ask' : 'moved', slot: Number(slot), to };
  }
  return isRefused(error) ? { kind: 'later' } : undefined;
}

/** Whether it says that nothing was carried out, since the keys are elsewhere or on their way. */
export function isRefused(error: unknown): boolean {
  return error instanceof Error && /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(error.message);
}

/** A node that does not know how it is reached says nothing, or `?`: it is where it was asked. */
export function knownHost(host: string | null, asked: NodeAddress): string {
  return host === null || host === '' || host === '?' ? asked.host : host;
}
