import { toBoundedJson } from './bounded-json.ts';
import type { ExprNode } from './jsonata-ast.ts';

/**
 * Gives what an expression gives, without JSONata; undefined where that cannot be told for this input. Nothing in the value
 * is the input's own. Throws `EngineError` for a value that is too large.
 */
export type Direct = (input: unknown) => { readonly value: unknown } | undefined;

/** Reads a value from an object. */
type Read = (input: object) => unknown;

/** The value depends on more than is known here. */
const UNKNOWN = Symbol('unknown');
/** How deep written-out objects may nest here. */
const MAX_WRITTEN_DEPTH = 8;
/** Names to which JSONata, or JavaScript, gives a meaning of its own. */
const MARKS = ['_jsonata_lambda', '_jsonata_function'];
const UNUSUAL_NAMES = [...MARKS, '__proto__'];

/**
 * Compiles an expression that writes out objects of constants and of paths like `data.order.id`, which most are. Undefined
 * for any other. A path that comes to an array is left to JSONata, which has rules of its own for them.
 */
export function compileDirect(tree: ExprNode): Direct | undefined {
  const read = compileRead(tree, 0);
  if (read === undefined) return undefined;
  return (input) => {
    if (!isObject(input) || 'tupleStream' in input) return undefined;
    const value = read(input);
    if (value === UNKNOWN) return undefined;
    return { value: value === undefined ? undefined : copyBounded(value) };
  };
}

function compileRead(node: ExprNode, depth: number): Read | undefined {
  const { type, value } = node;
  if (type === 'path') return hasOnly(node, ['type', 'steps']) ? compilePath(node.steps ?? []) : undefined;
  if (type === 'unary' && value === '{' && depth < MAX_WRITTEN_DEPTH) return compileObject(node, depth);
  const isConstant = type === 'string' || type === 'number' || type === 'value';
  return isConstant && hasOnly(node, ['type', 'value', 'position']) ? () => value : undefined;
}

function compilePath(steps: readonly ExprNode[]): Read | undefined {
  const isNames = steps.every((step) => step.type === 'name' && hasOnly(step, ['type', 'value', 'position']));
  if (!isNames) return undefined;
  const names = steps.map(({ value }) => String(value));
  return (input) => {
    let at: unknown = input;
    for (const name of names) {
      if (typeof at !== 'object' || at === null) return undefined;
      if (!isObject(at)) return UNKNOWN;
      at = Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined;
    }
    return Array.isArray(at) ? UNKNOWN : at;
  };
}

function compileObject(node: ExprNode, depth: number): Read | undefined {
  if (!hasOnly(node, ['type', 'value', 'position', 'lhs'])) return undefined;
  const members: { readonly name: string; readonly read: Read }[] = [];
  for (const [key, value] of node.lhs as readonly (readonly ExprNode[])[]) {
    const read = value === undefined ? undefined : compileRead(value, depth + 1);
    if (key?.type !== 'string' || read === undefined) return undefined;
    members.push({ name: String(key.value), read });
  }
  const names = new Set(members.map(({ name }) => name));
  if (names.size < members.length || UNUSUAL_NAMES.some((name) => names.has(name))) return undefined;
  return (input) => {
    const written: Record<string, unknown> = {};
    for (const { name, read } of members) {
      const value = read(input);
      if (value === UNKNOWN) return UNKNOWN;
      // JSONata leaves out what has no value.
      if (value !== undefined) written[name] = value;
    }
    return written;
  };
}

function hasOnly(node: ExprNode, keys: readonly string[]): boolean {
  return Object.keys(node).every((key) => keys.includes(key));
}

/** Whether names can be looked up in it as anybody would. */
function isObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !MARKS.some((mark) => mark in value);
}

const SMALL = { values: 100, chars: 16_384, depth: 16 };

/** A copy through JSON within the limits of values, or by hand where the value is small. */
function copyBounded(value: unknown): unknown {
  const copy = copySmall(value, { ...SMALL }, 0);
  return copy === UNKNOWN ? JSON.parse(toBoundedJson(value) ?? 'null') : copy;
}

function copySmall(value: unknown, left: { values: number; chars: number }, depth: number): unknown {
  left.values -= 1;
  if (typeof value === 'string') left.chars -= value.length;
  if (left.values < 0 || left.chars < 0 || depth > SMALL.depth) return UNKNOWN;
  // JSON knows no negative zero.
  if (typeof value === 'number') return value + 0;
  if (typeof value !== 'object' || value === null) return value;
  const isList = Array.isArray(value);
  if (!isList && !isObject(value)) return UNKNOWN;
  const copy: Record<string, unknown> | unknown[] = isList ? [] : {};
  for (const [name, item] of Object.entries(value)) {
    left.chars -= name.length;
    const inner = copySmall(item, left, depth + 1);
    if (inner === UNKNOWN || name === '__proto__') return UNKNOWN;
    (copy as Record<string, unknown>)[name] = inner;
  }
  return copy;
}
