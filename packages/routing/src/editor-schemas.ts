import { z } from 'zod';
import { FILTER_DESCRIPTIONS, ROUTE_DESCRIPTIONS, SERVER_DESCRIPTIONS } from './editor-descriptions.js';
import { filterSchema } from './filter.js';
import { routesFileSchema } from './route-schema.js';
import { serversFileSchema } from './server-schema.js';

/** A JSON Schema, 2020-12. */
export type JsonSchema = { [key: string]: unknown };

/**
 * What editors need to know about the configuration files, by the name of the schema's file: made from the schemas that
 * the files are checked with, so that both say the same. What must hold between expressions, servers and tools is for
 * `routes check`.
 */
export function createEditorSchemas(): Readonly<Record<string, JsonSchema>> {
  return {
    'routes.schema.json': toRoutesSchema(),
    'servers.schema.json': toServersSchema(),
  };
}

function toRoutesSchema(): JsonSchema {
  const schema = toJsonSchema(routesFileSchema, 'Millrace routes');
  const filter = z.toJSONSchema(filterSchema, OPTIONS) as JsonSchema;
  const route = at(schema, 'properties', 'routes', 'items');
  describe(at(schema, 'properties'), ROUTE_DESCRIPTIONS);
  describe(at(route, 'properties'), ROUTE_DESCRIPTIONS);
  // The library repeats a recursive schema under a name of its own making; one name serves all its uses.
  const { $schema: _dialect, $defs: _defs, ...own } = filter;
  describe(at(own, 'properties'), FILTER_DESCRIPTIONS);
  const reference = { $ref: '#/$defs/filter' };
  const properties = at(own, 'properties');
  for (const key of ['all', 'any']) Object.assign(at(properties, key), { items: reference });
  properties.not = { ...reference, description: FILTER_DESCRIPTIONS.not };
  at(route, 'properties').on = { ...reference, description: ROUTE_DESCRIPTIONS.on };
  route.oneOf = [
    { required: ['call', 'with'], not: { anyOf: [{ required: ['handler'] }, { required: ['agent'] }] } },
    { required: ['handler'], not: { anyOf: [{ required: ['with'] }, { required: ['agent'] }] } },
    { required: ['agent'], not: { required: ['with'] } },
  ];
  return { ...schema, $defs: { filter: { ...own, minProperties: 1 } } };
}

function toServersSchema(): JsonSchema {
  const schema = toJsonSchema(serversFileSchema, 'Millrace servers');
  const server = at(schema, 'properties', 'servers', 'additionalProperties');
  describe(at(server, 'properties'), SERVER_DESCRIPTIONS);
  return schema;
}

const OPTIONS = { io: 'input', unrepresentable: 'any', target: 'draft-2020-12' } as const;

function toJsonSchema(schema: z.ZodType, title: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, OPTIONS);
  return { $schema, title, ...rest };
}

/** The schema inside a schema. Throws when it is not where it was: then this file has to follow. */
function at(schema: JsonSchema, ...path: readonly string[]): JsonSchema {
  return path.reduce((inner, key) => {
    const next = inner[key];
    if (typeof next !== 'object' || next === null) throw new Error(`the schema has no ${path.join('.')}`);
    return next as JsonSchema;
  }, schema);
}

/** Sets the description of each property, and of those below it, by their path. */
function describe(properties: JsonSchema, descriptions: Readonly<Record<string, string>>, prefix = ''): void {
  for (const [name, property] of Object.entries(properties)) {
    const description = descriptions[`${prefix}${name}`];
    if (description !== undefined) Object.assign(property as JsonSchema, { description });
    const { properties: inner, anyOf } = property as JsonSchema;
    for (const one of [inner, ...[anyOf].flat().map((choice) => (choice as JsonSchema | undefined)?.properties)])
      if (one !== undefined) describe(one as JsonSchema, descriptions, `${prefix}${name}.`);
  }
}
