import { type CheckData, checkWith } from './check-data.js';
import type { ConfigProblem } from './config-problem.js';
import type { Locate } from './read-yaml.js';
import { createSchemaEngine, type Schema } from './schema-engine.js';

/** The schema of the data of one event type. */
export interface EventSchema {
  readonly type: string;
  readonly file: string;
  /** As it stands in its file; `$ref`s are not followed. */
  readonly schema: Schema;
  readonly check: CheckData;
}

/** JSON Schemas by event type. */
export type EventSchemas = ReadonlyMap<string, EventSchema>;

/** A schema file that was read, before it is compiled. */
export interface SchemaFile {
  /** Without its folder: what another file's `$ref` calls it. */
  readonly name: string;
  /** With its folder: what problems call it. */
  readonly file: string;
  readonly schema: Schema;
  readonly locate: Locate;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/**
 * Compiles schema files, all or none. The name of a file is the event type and `.json`; characters of a type that file
 * names cannot have are percent-encoded. A name that begins with `_` is no type's: others may refer to it.
 */
export function compileEventSchemas(files: readonly SchemaFile[]): EventSchemas | readonly ConfigProblem[] {
  const engine = createSchemaEngine();
  const problems: ConfigProblem[] = [];
  for (const file of files) {
    const found = findSchemaProblems(file, engine);
    problems.push(...found);
    if (found.length === 0) attempt(file, problems, () => engine.addSchema(file.schema, file.name));
  }
  if (problems.length > 0) return problems;
  const schemas = new Map<string, EventSchema>();
  for (const { name, file, schema, locate } of files) {
    const validate = attempt({ locate }, problems, () => engine.getSchema(name));
    const type = typeOf(name);
    if (type === undefined) problems.push(locate([], 'the name of the file is not percent-encoded as URIs are'));
    if (validate === undefined || type === undefined || name.startsWith('_')) continue;
    schemas.set(type, { type, file, schema, check: checkWith(validate) });
  }
  return problems.length > 0 ? problems : schemas;
}

function findSchemaProblems({ schema, locate }: SchemaFile, engine: ReturnType<typeof createSchemaEngine>) {
  if (typeof schema === 'object' && schema.$schema !== undefined && schema.$schema !== DIALECT) {
    return [locate(['$schema'], `must be ${DIALECT}: only this version of JSON Schema is understood`)];
  }
  // It would make the check answer with a promise, which counts as a yes.
  if (typeof schema === 'object' && '$async' in schema) return [locate(['$async'], 'is not part of JSON Schema')];
  void engine.validateSchema(schema);
  return (engine.errors ?? []).map(({ instancePath, message = 'is not valid' }) => {
    return locate(instancePath.split('/').slice(1).map(unescapeToken), message);
  });
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function attempt<T>({ locate }: Pick<SchemaFile, 'locate'>, problems: ConfigProblem[], act: () => T) {
  try {
    return act();
  } catch (error) {
    problems.push(locate([], (error as Error).message));
    return undefined;
  }
}

function typeOf(name: string): string | undefined {
  try {
    return decodeURIComponent(name.replace(/\.json$/, ''));
  } catch {
    return undefined;
  }
}
