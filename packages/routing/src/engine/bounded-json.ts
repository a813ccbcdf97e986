import { EngineError } from './engine-error.ts';

/** Bytes, depth and number of values that an expression may give: more than any event may have. */
const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_VALUES = 100_000;

/**
 * JSON text of what an expression gave; undefined when it gave nothing. A value of which parts are shared can be far larger
 * as text than in memory, so it is measured before it is written. Throws `EngineError` for one that is too large.
 */
export function toBoundedJson(value: unknown): string | undefined {
  measure(value, 0, { values: MAX_VALUES, bytes: MAX_BYTES });
  const text = JSON.stringify(value) as string | undefined;
  if (text !== undefined && Buffer.byteLength(text) > MAX_BYTES) throw tooLarge(`${MAX_BYTES} bytes`);
  return text;
}

function measure(value: unknown, depth: number, left: { values: number; bytes: number }): void {
  left.values -= 1;
  if (typeof value === 'string') left.bytes -= value.length;
  if (left.values < 0) throw tooLarge(`${MAX_VALUES} values`);
  if (left.bytes < 0) throw tooLarge(`${MAX_BYTES} bytes`);
  if (typeof value === 'function' || isJsonataFunction(value)) throw new EngineError('failed', 'gives a function');
  if (typeof value !== 'object' || value === null) return;
  if (depth === MAX_DEPTH) throw tooLarge(`${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (const item of value) measure(item, depth + 1, left);
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    left.bytes -= name.length;
    measure(item, depth + 1, left);
  }
}

function isJsonataFunction(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value);
}

function tooLarge(limit: string): EngineError {
  return new EngineError('failed', `gives more than ${limit}, which is the limit`);
}
