import { cleanText } from './fence.js';

const MAX_WORDS_CHARS = 1_024;
/** What a schema says in words: to the model, and to nobody who checks. */
const WORDS = new Set(['title', 'description', '$comment']);

/** A tool's schema as a model may read it: its words are a server's, cleaned and cut as those of the tool itself are. */
export function cleanSchema<Schema>(schema: Schema): Schema {
  if (Array.isArray(schema)) return schema.map(cleanSchema) as Schema;
  if (typeof schema !== 'object' || schema === null) return schema;
  const cleaned = Object.entries(schema).map(([name, value]: [string, unknown]) => [
    name,
    WORDS.has(name) && typeof value === 'string' ? cleanText(value, MAX_WORDS_CHARS) : cleanSchema(value),
  ]);
  return Object.fromEntries(cleaned) as Schema;
}
