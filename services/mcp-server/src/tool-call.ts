import { digestArguments } from './digest.js';
import type { Tool } from './tool.js';
import type { ToolCallFacts } from './witness-entry.js';

/** Where an idempotency key travels in a request's `_meta`; on a tool's own `_meta` it says how the tool takes one. */
export const KEY_IN_META = 'millrace.dev/idempotency-key';

const MAX_ID_LENGTH = 256;

/** A `tools/call` request as it arrived, before anybody validated anything. */
export interface ToolCall {
  readonly facts: ToolCallFacts;
  readonly metaKey: string | undefined;
  readonly argumentKey: string | undefined;
  /** Which span the caller says that this call is. */
  readonly traceparent: string | undefined;
}

/**
 * Reads the tool call out of a JSON-RPC message; undefined for every other message. A tool this cloud does not have is
 * called `unknown`, so that what is counted stays bounded. A key of more than 256 characters is known by its digest.
 */
export function readToolCall(body: unknown, toolNames: ReadonlySet<string>): ToolCall | undefined {
  if (!isObject(body) || body.method !== 'tools/call' || !isObject(body.params)) return undefined;
  const { name, arguments: given, _meta: meta } = body.params;
  const args = isObject(given) ? given : {};
  const metaKey = readKey(isObject(meta) ? meta[KEY_IN_META] : undefined);
  const argumentKey = readKey(args.idempotencyKey);
  const facts = {
    tool: typeof name === 'string' && toolNames.has(name) ? name : 'unknown',
    eventId: typeof args.eventId === 'string' && args.eventId.length <= MAX_ID_LENGTH ? args.eventId : '',
    key: metaKey ?? argumentKey,
    argsDigest: digestArguments(args),
  };
  const traceparent = isObject(meta) && typeof meta.traceparent === 'string' ? meta.traceparent : undefined;
  return { facts, metaKey, argumentKey, traceparent };
}

/** The key a tool honours, if it was given one. Two keys that differ are a mistake of the caller. */
export function honouredKey(
  tool: Pick<Tool, 'key'>,
  { metaKey, argumentKey }: Pick<ToolCall, 'metaKey' | 'argumentKey'>,
): { readonly kind: 'key'; readonly key: string } | { readonly kind: 'none' } | { readonly kind: 'contradiction' } {
  const candidates = { none: [], meta: [metaKey], 'meta-or-argument': [metaKey, argumentKey] }[tool.key];
  const [key, other] = candidates.filter((candidate) => candidate !== undefined);
  if (key === undefined) return { kind: 'none' };
  return other !== undefined && other !== key ? { kind: 'contradiction' } : { kind: 'key', key };
}

function readKey(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length === 0) return undefined;
  return value.length <= MAX_ID_LENGTH ? value : `digest:${digestArguments({ value })}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
