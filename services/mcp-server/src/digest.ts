import { createHash } from 'node:crypto';

/**
 * A digest of a tool call's arguments, as 22 characters of base64url. The order of members does not matter, nor does
 * `idempotencyKey`: it says which call this is, not what it does.
 */
export function digestArguments(args: Readonly<Record<string, unknown>>): string {
  const { idempotencyKey: _key, ...rest } = args;
  return createHash('sha256').update(JSON.stringify(rest, sortMembers)).digest('base64url').slice(0, 22);
}

/** The same whole number from 0 to 2^32 - 1 for the same text: what makes the tools' answers believable and repeatable. */
export function numberFrom(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

function sortMembers(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
