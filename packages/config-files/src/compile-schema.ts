import { type CheckData, checkWith } from './check-data.js';
import { createSchemaEngine, type Schema } from './schema-engine.js';

/**
 * Compiles one JSON Schema 2020-12 that stands by itself, or says why it cannot be used. `own` is a schema that somebody
 * wrote for us, in which a keyword that nobody knows is a mistake; in a `foreign` one it means nothing.
 */
export function compileSchema(
  schema: unknown,
  origin: 'own' | 'foreign',
): { readonly check: CheckData } | { readonly problem: string } {
  // An asynchronous schema would make the check answer with a promise, which counts as a yes.
  if (typeof schema !== 'object' || schema === null || '$async' in schema) return { problem: 'is no JSON Schema' };
  try {
    return { check: checkWith(createSchemaEngine(origin === 'own').compile(schema as Schema)) };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}
