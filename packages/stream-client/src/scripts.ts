import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { send } from './connection/connection.js';
import { absentKeyBeside } from './keys.js';

/** The scripts under `lua/`; each file's header says what it promises, its KEYS and ARGV, and its replies. */
const NAMES = [
  'append',
  'settle',
  'claim',
  'rebase-idle',
  'rebase-due',
  'record-effects',
  'read-record',
  'read-states',
  'heartbeat',
  'release',
  'promote-due',
  'redrive',
  'discard',
  'resolve',
  'cancel',
  'answer-parked',
  'expire-parked',
  'start-job',
  'hold-job',
  'end-job',
  'job-redrive',
  'job-discard',
  'create-group',
  'forget-consumer',
  'trim',
  'take-turns',
  'enter-context',
  'clear-context',
  'pause',
  'resume',
  'announce',
  'note-calls',
  'put-off',
  'sample',
  'enter-lanes',
  'earlier-lane',
  'find-earlier',
  'mend-lanes',
  'open-map',
  'prepare-map',
  'step-map',
  'fence',
  'find-identities',
  'look',
  'read-outbox',
  'arrive',
  'clear-outbox',
] as const;

export type ScriptName = (typeof NAMES)[number];
export type ScriptArgument = string | number | Buffer;

/**
 * How a fresh entry is written, and the record of a delivery of which there is little to tell: 1, a field for each of the parts;
 * 2, all of them in one text. Both are read.
 */
export type EntryFormat = 1 | 2;

/** Makes every script known to a connection. ioredis sends its digest, and its text where Redis does not know it yet. */
export function defineScripts(redis: Redis, format: EntryFormat): void {
  for (const name of NAMES) redis.defineCommand(name, { lua: writingFormat(format, SOURCES[name]) });
}

/**
 * Runs a script: one atomic step, all of it or nothing reaches the append-only file. Rejects with a StreamError when the
 * answer is lost; whether the step happened is then unknown.
 */
export function runScript(
  redis: Redis,
  name: ScriptName,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  return send(name, call(redis, name, keys, args));
}

/** As `runScript`, for replies that hold event data: strings arrive as Buffers. */
export function runScriptForBytes(
  redis: Redis,
  name: ScriptName,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  return send(name, call(redis, `${name}Buffer`, keys, args));
}

function call(
  redis: Redis,
  command: string,
  keys: readonly string[],
  args: readonly ScriptArgument[],
): Promise<unknown> {
  const defined: unknown = Reflect.get(redis, command);
  if (typeof defined !== 'function') throw new Error(`script ${command} is not defined on this connection`);
  const [first] = keys;
  const named = first === undefined ? keys : [...keys, absentKeyBeside(first)];
  return defined.call(redis, named.length, ...named, ...args);
}

/**
 * A script's text. The line that names a shared piece is replaced by that piece; the line `-- calls: name` by that
 * script as a local function, which takes its own KEYS and ARGV and returns its reply.
 */
function loadSource(name: string): string {
  return readLua(name)
    .replace(/^-- include: (\S+)$/gm, (_line, piece: string) => loadSource(`include-${piece}`))
    .replace(/^-- calls: (\S+)$/m, (_line, callee: string) => {
      const body = loadSource(callee).replace(/^#!lua.*\n/, '');
      return `local function ${callee}(KEYS, ARGV)\n${body}end`;
    });
}

function readLua(name: string): string {
  return readFileSync(new URL(`../lua/${name}.lua`, import.meta.url), 'utf8');
}

/**
 * While a cluster moves a slot, a script would break off halfway at the first key that is not there, and what it had
 * written would stay. Every script names a key that never is: so none is even begun until the slot has moved. It takes
 * that key off again before it looks at its keys.
 */
function withAbsentKey(source: string): string {
  return source.replace(/^(#!lua.*\n)?/, '$1KEYS[#KEYS] = nil ');
}

/** What a script writes, where it writes entries or records. */
function writingFormat(format: EntryFormat, source: string): string {
  return source.replace(/^local (entry|record)_format = 2$/gm, `local $1_format = ${format}`);
}

const SOURCES = Object.fromEntries(NAMES.map((name) => [name, withAbsentKey(loadSource(name))])) as Record<
  ScriptName,
  string
>;
