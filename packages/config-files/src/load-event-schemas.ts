import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigFileError } from './config-file-error.js';
import type { ConfigProblem } from './config-problem.js';
import { compileEventSchemas, type EventSchemas, type SchemaFile } from './event-schemas.js';
import { readYaml } from './read-yaml.js';
import type { Schema } from './schema-engine.js';

/** Schemas that cannot be used as a whole. */
export class SchemaError extends ConfigFileError<'SCHEMAS_INVALID'> {
  constructor(problems: readonly ConfigProblem[]) {
    super('SCHEMAS_INVALID', 'the event schemas', problems);
  }
}

const MAX_FILES = 1_000;
const MAX_FILE_BYTES = 1024 * 1024;
const schemaFile = z.union([z.boolean(), z.record(z.string(), z.unknown())], 'must be an object, true or false');

/** The texts of schema files, by their names without the folder. */
export type SchemaTexts = ReadonlyMap<string, string>;

/**
 * The JSON Schemas in a folder, compiled: one file per event type, such as `com.shop.order.created.json`. A folder that
 * does not exist has none. Throws `SchemaError` with every problem at once.
 */
export async function loadEventSchemas(dir: string): Promise<EventSchemas> {
  return parseEventSchemas(dir, await readSchemaTexts(dir));
}

/** Reads the schema files of a folder, in the order of their names. Throws `SchemaError` for what cannot be read. */
export async function readSchemaTexts(dir: string): Promise<SchemaTexts> {
  const names = await listSchemaFiles(dir);
  const read = await Promise.all(names.map(async (name) => [name, await readSchemaText(join(dir, name))] as const));
  const problems = read.flatMap(([, text]) => (typeof text === 'string' ? [] : [text]));
  if (problems.length > 0) throw new SchemaError(problems);
  return new Map(read as [string, string][]);
}

/** Compiles schema files, all or none. Throws `SchemaError` with every problem at once; `dir` is for its words. */
export function parseEventSchemas(dir: string, texts: SchemaTexts): EventSchemas {
  const parsed = [...texts].map(([name, text]) => parseSchemaFile(dir, name, text));
  const problems = parsed.flatMap((one) => ('problems' in one ? one.problems : []));
  if (problems.length > 0) throw new SchemaError(problems);
  const compiled = compileEventSchemas(parsed.flatMap((one) => ('problems' in one ? [] : one)));
  if (Array.isArray(compiled)) throw new SchemaError(compiled);
  return compiled as EventSchemas;
}

async function listSchemaFiles(dir: string): Promise<readonly string[]> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new SchemaError([unreadable(dir, error)]);
  }
  const files = names.filter((name) => name.endsWith('.json')).sort();
  if (files.length <= MAX_FILES) return files;
  throw new SchemaError([problemIn(dir, `has ${files.length} files, the limit is ${MAX_FILES}`)]);
}

async function readSchemaText(file: string): Promise<string | ConfigProblem> {
  try {
    const { size } = await stat(file);
    return size > MAX_FILE_BYTES
      ? problemIn(file, `is larger than ${MAX_FILE_BYTES} bytes`)
      : await readFile(file, 'utf8');
  } catch (error) {
    return unreadable(file, error);
  }
}

function parseSchemaFile(
  dir: string,
  name: string,
  text: string,
): SchemaFile | { readonly problems: readonly ConfigProblem[] } {
  const file = join(dir, name);
  // JSON is a part of YAML, and this reader knows in which line a problem is. What is YAML only, other tools would not read.
  const read = readYaml(text, file, schemaFile);
  if ('problems' in read) return read;
  if (!isJson(text)) return { problems: [problemIn(file, 'is YAML, not JSON')] };
  return { name, file, schema: read.value as Schema, locate: read.locate };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function unreadable(file: string, error: unknown): ConfigProblem {
  return problemIn(file, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
}

function problemIn(file: string, detail: string): ConfigProblem {
  return { file, line: 1, pointer: '', detail };
}
