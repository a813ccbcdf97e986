import type { ConfigProblem, Locate } from '@millrace/config-files';
import type { InspectedRoute } from '../inspect-routes.js';
import { nearestWord } from '../nearest-word.js';
import { type Shape, shapeOf } from './literal-shape.js';

/** A tool as its server describes it. */
export interface KnownTool {
  readonly name: string;
  /** JSON Schema, not checked. */
  readonly inputSchema: unknown;
  readonly annotations?: { readonly readOnlyHint?: boolean; readonly idempotentHint?: boolean };
}

/** The tools of each server of which they are known. */
export type KnownTools = ReadonlyMap<string, readonly KnownTool[]>;

/** Calls that no server will ever accept: unknown tools, and arguments that cannot satisfy the tool's input schema. */
export function findToolProblems(
  routes: readonly InspectedRoute[],
  known: KnownTools,
  locate: Locate,
): ConfigProblem[] {
  return routes.flatMap((inspected) => {
    const { call } = inspected.source;
    if (call === undefined) return [];
    return [call.server, ...(call.equivalents ?? [])].flatMap((server) => {
      const tools = known.get(server);
      return tools === undefined ? [] : findCallProblems(inspected, server, call.tool, tools, locate);
    });
  });
}

function findCallProblems(
  inspected: InspectedRoute,
  server: string,
  called: string,
  tools: readonly KnownTool[],
  locate: Locate,
): ConfigProblem[] {
  const tool = tools.find(({ name }) => name === called);
  if (tool !== undefined) return findArgumentProblems(inspected, tool, locate);
  const names = tools.map(({ name }) => name);
  const meant = nearestWord(called, names);
  const detail = `${server} has no tool ${called}`;
  const mend = meant === undefined ? `it has ${listWords(names)}` : `did you mean \`${meant}\`?`;
  return [locate(['routes', inspected.index, 'call', 'tool'], detail, mend)];
}

function findArgumentProblems({ index, source }: InspectedRoute, tool: KnownTool, locate: Locate): ConfigProblem[] {
  const given = withKeyArgument(shapeOf(source.with ?? '{}'), source.idempotency);
  return findMismatches(given, tool.inputSchema, '').map(({ key, detail, mend }) => {
    const isKey = source.idempotency?.kind === 'argument' && source.idempotency.name === key;
    const path = isKey ? ['idempotency', 'argument'] : ['with'];
    return locate(['routes', index, ...path], `${tool.name} ${detail}`, mend);
  });
}

/** The runtime adds the argument that carries the key. */
function withKeyArgument(shape: Shape, idempotency: InspectedRoute['source']['idempotency']): Shape {
  if (shape.kind !== 'object' || idempotency?.kind !== 'argument') return shape;
  return { kind: 'object', members: new Map([...shape.members, [idempotency.name, { kind: 'unknown' }]]) };
}

interface Mismatch {
  readonly key: string;
  readonly detail: string;
  readonly mend: string;
}

/** Only what is certain: a schema that we do not understand, or a value that depends on the event, is no mismatch. */
function findMismatches(given: Shape, schema: unknown, path: string): Mismatch[] {
  if (!isObject(schema)) return [];
  if (given.kind === 'literal') return findLiteralMismatch(given.value, schema, path);
  if (given.kind !== 'object') return [];
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];
  const missing = required.filter((name) => !given.members.has(name));
  const isClosed = schema.additionalProperties === false && schema.patternProperties === undefined;
  const unknown = isClosed ? [...given.members.keys()].filter((name) => !Object.hasOwn(properties, name)) : [];
  // A misspelt argument is one mistake, not two.
  const misspelt = new Set(unknown.map((name) => nearestWord(name, Object.keys(properties))));
  const absent = missing.filter((name) => !misspelt.has(name));
  return [
    ...absent.map((name) => ({
      key: name,
      detail: `needs the argument \`${path}${name}\`, which is never given`,
      mend: `add "${name}" to the object`,
    })),
    ...unknown.map((name) => describeUnknown(name, path, Object.keys(properties))),
    ...[...given.members].flatMap(([name, shape]) =>
      Object.hasOwn(properties, name) ? findMismatches(shape, properties[name], `${path}${name}.`) : [],
    ),
  ];
}

function describeUnknown(name: string, path: string, known: readonly string[]): Mismatch {
  const meant = nearestWord(name, known);
  const mend = meant === undefined ? `it takes ${listWords(known)}` : `did you mean \`${meant}\`?`;
  return { key: name, detail: `takes no argument \`${path}${name}\``, mend };
}

function findLiteralMismatch(
  value: string | number | boolean | null,
  schema: Readonly<Record<string, unknown>>,
  path: string,
): Mismatch[] {
  const name = path.slice(0, -1);
  const key = name.split('.').at(-1) ?? name;
  const shown = JSON.stringify(value);
  const types = [schema.type].flat().filter((type) => typeof type === 'string');
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    const wanted = types.join(' or ');
    return [
      { key, detail: `takes \`${name}\` as ${wanted}, it is given ${shown}`, mend: `give a value of type ${wanted}` },
    ];
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) {
    const choices = schema.enum.map((choice) => JSON.stringify(choice));
    return [{ key, detail: `does not take ${shown} as \`${name}\``, mend: `give one of ${choices.join(', ')}` }];
  }
  return [];
}

function isOfType(value: string | number | boolean | null, type: string): boolean {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

/** The first few, so that a message stays readable. */
function listWords(words: readonly string[]): string {
  const shown = words.slice(0, 12).join(', ') || 'none';
  return words.length > 12 ? `${shown} and ${words.length - 12} more` : shown;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
