import { hash } from 'node:crypto';
import type { Event } from '@millrace/events';
import type { DeliveryRecord } from '@millrace/stream-client';

/**
 * One tool call that may change the outside world, as the ledger keeps it in the record of its event.
 *
 * - `sent`: recorded, and about to be sent or sent already. After a crash this means: nobody knows.
 * - `done`: answered; the answer is in `result` and is served again instead of a second call.
 * - `failed`: answered with a failure, or turned away before the tool ran.
 * - `not-sent`: it never left the process.
 * - `unknown`: it was sent and no usable answer came back.
 */
export interface Effect {
  /** `0` for a route that calls one tool; in a handler the step's name. */
  readonly step: string;
  readonly state: 'sent' | 'done' | 'failed' | 'not-sent' | 'unknown';
  /** Travels with the call, so that a tool which knows it can tell a repeat. The same in every attempt and redrive. */
  readonly key: string;
  /** The attempt that recorded it last. */
  readonly attempt: number;
  /** Frozen with the first record: later attempts, under whatever routes file, send exactly this. */
  readonly target: EffectTarget;
  /** SHA-256 over tool and arguments, so that a record which was tampered with is noticed and not sent. */
  readonly targetHash: string;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  readonly durationMs?: number;
}

/** What is called, with what. */
export interface EffectTarget {
  readonly server: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** The version of the routes file under which it was rendered. */
  readonly version: string;
}

/** Answers larger than this, in bytes of JSON, are not kept: a replay then serves a note that says so. */
export const MAX_KEPT_RESULT_BYTES = 65_536;

/** The key of an effect: namespace, event, route and step, never anything that a model or an attempt decides. */
export function effectKeyOf(
  namespace: string,
  event: Pick<Event, 'source' | 'id'>,
  route: string,
  step: string,
): string {
  const parts = JSON.stringify([namespace, event.source, event.id, route, step]);
  return hash('sha256', parts, 'base64url').slice(0, 32);
}

/** A digest of what is called with what; the order of members does not matter. */
export function targetHashOf(target: EffectTarget): string {
  return hash('sha256', canonicalJson([target.server, target.tool, target.arguments]), 'base64url');
}

/** JSON text in which the order of members does not matter: two values that say the same have the same. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, sortMembers);
}

/** An answer as it is kept: whole, or a note in its place. */
export function boundResult(result: unknown): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(result) ?? '');
  if (bytes <= MAX_KEPT_RESULT_BYTES) return result;
  return { omitted: `${bytes} bytes, more than the ${MAX_KEPT_RESULT_BYTES} that are kept` };
}

/** The effects that the record of a delivery has from its ledger. */
export function findEffects(delivery: DeliveryRecord | undefined): readonly Effect[] {
  return delivery?.effects.filter(isEffect) ?? [];
}

function isEffect(value: unknown): value is Effect {
  return typeof value === 'object' && value !== null && 'targetHash' in value && 'step' in value;
}

function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
