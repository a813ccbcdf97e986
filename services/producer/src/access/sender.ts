import type { Problem } from '@millrace/runtime';
import type { TokenBucket } from './token-bucket.js';

/** Somebody who may send events: the holder of a key, or a system whose webhooks we take. */
export interface Sender {
  /** From the keys file: one of a few words, fit for logs and metrics. */
  readonly id: string;
  /** Whether the sender may send, and see the records of, events of this type. */
  maySend(type: string): boolean;
  /** How it is known that an event is from this sender. */
  readonly trust: 'signed' | 'keyed';
  /** Undefined: as often as it likes. */
  readonly bucket: TokenBucket | undefined;
}

/** Counts one event against the sender's rate: the refusal when it is one too many. */
export function chargeSender({ id, bucket }: Sender): Problem | undefined {
  if (bucket === undefined) return undefined;
  const waitSeconds = bucket.take();
  if (waitSeconds === 0) return undefined;
  const { perSecond, burst } = bucket.rate;
  return {
    status: 429,
    code: 'RATE_LIMITED',
    detail: `${id} may send ${perSecond} event(s) a second, and ${burst} at once; this one was not stored`,
    retryAfterSeconds: Math.ceil(waitSeconds),
  };
}

/** The refusal of an event whose type the sender may not send. */
export function typeProblem({ id }: Sender): Problem {
  return { status: 403, code: 'TYPE_NOT_ALLOWED', detail: `${id} may not send events of this type` };
}

/** A predicate for event types: each pattern is a type, or the beginning of types and a `*`. */
export function compileTypes(patterns: readonly string[]): (type: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')));
  const prefixes = patterns.filter((pattern) => pattern.endsWith('*')).map((pattern) => pattern.slice(0, -1));
  return (type) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix));
}
