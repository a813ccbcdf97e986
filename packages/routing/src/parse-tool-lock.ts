import { z } from 'zod';
import { RouteError } from './errors.js';

const lockSchema = z.strictObject({
  servers: z.record(
    z.string(),
    z.record(z.string(), z.strictObject({ pin: z.string().regex(/^sha256-[\w-]{43}$/), tool: z.looseObject({}) })),
  ),
});

/**
 * The tools that somebody has accepted, by server and name: the digest that each must have, and what its server said then,
 * for people to compare.
 */
export type ToolLock = Readonly<
  Record<string, Readonly<Record<string, { readonly pin: string; readonly tool: Readonly<Record<string, unknown>> }>>>
>;

/** Reads `tools.lock.json`; a text that is empty locks nothing. Throws `RouteError` for one that the command did not write. */
export function parseToolLock(text: string, file: string): ToolLock {
  if (text === '') return {};
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw notALock(file, 'is not JSON');
  }
  const parsed = lockSchema.safeParse(content);
  if (parsed.success) return parsed.data.servers;
  const [issue] = parsed.error.issues;
  throw notALock(file, `${issue?.path.map(String).join('/')}: ${issue?.message}`);
}

function notALock(file: string, why: string): RouteError {
  const mend = 'write it with `millrace tools lock`, or remove it';
  return new RouteError([{ file, line: 1, pointer: '', detail: `is no tool lock: ${why}`, mend }]);
}
