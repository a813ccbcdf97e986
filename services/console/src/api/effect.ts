/**
 * One call or step of a delivery. Where a guarantee rests on it, it is as the ledger has it, with its `target`; otherwise the
 * record keeps what people want to see, in the other members.
 */
export interface Effect {
  readonly step?: string;
  readonly state?: string;
  readonly key?: string;
  readonly attempt?: number;
  readonly target?: Called;
  readonly server?: string;
  readonly tool?: string;
  readonly arguments?: unknown;
  readonly result?: unknown;
  readonly error?: Failure;
  readonly durationMs?: number;
}

/** What was called, with what; the arguments are not kept of every call. */
export interface Called {
  readonly server: string;
  readonly tool: string;
  readonly arguments?: unknown;
}

/** What an effect has called; undefined for a step that is no call. */
export function calledBy({ target, server, tool, arguments: args }: Effect): Called | undefined {
  if (target !== undefined) return target;
  return server === undefined || tool === undefined ? undefined : { server, tool, arguments: args };
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  /** What is known of the call that failed. */
  readonly class?: string;
}
