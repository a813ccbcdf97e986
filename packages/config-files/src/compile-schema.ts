import { LRUCache } from 'lru-cache';
import { type CheckData, checkWith } from './check-data.js';
import { createSchemaEngine, type Schema } from './schema-engine.js';

/** A check of data, or why the schema cannot be used. */
export type CompiledSchema = { readonly check: CheckData } | { readonly problem: string };

/** Compiling takes as long as a dozen tool calls, and whoever runs agents or reads routes again comes with the same ones. */
const known = new LRUCache<string, CompiledSchema>({
  max: 1_000,
  // In characters of the schemas: a server may have large ones.
  maxSize: 8_000_000,
  sizeCalculation: (_compiled, text) => text.length,
});

/**
 * Compiles one JSON Schema 2020-12 that stands by itself, or says why it cannot be used. `own` is a schema that somebody
 * wrote for us, in which a keyword that nobody knows is a mistake; in a `foreign` one it means nothing. The last
 * thousand are remembered, so asking again for the same is cheap.
 */
export function compileSchema(schema: unknown, origin: 'own' | 'foreign'): CompiledSchema {
  // An asynchronous schema would make the check answer with a promise, which counts as a yes.
  if (typeof schema !== 'object' || schema === null || '$async' in schema) return { problem: 'is no JSON Schema' };
  const text = `${origin} ${JSON.stringify(schema)}`;
  const compiled = known.get(text) ?? compileAnew(schema, origin);
  known.set(text, compiled);
  return compiled;
}

function compileAnew(schema: Schema, origin: 'own' | 'foreign'): CompiledSchema {
  try {
    return { check: checkWith(createSchemaEngine(origin === 'own').compile(schema)) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
