import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { RE2JS } from 're2js';

/**
 * A JSON Schema 2020-12 engine for schemas that people write and data that strangers send. Unless it is not
 * strict, unknown keywords and formats are refused when a schema is compiled. Nothing is fetched. Patterns take time linear in the text (RE2; no look-around,
 * no back-references), and `uniqueItems` takes time linear in the data, where the engine's own would take the square.
 */
export function createSchemaEngine(isStrict = true): Ajv2020 {
  const engine = new Ajv2020({
    // Every problem at once: data are bounded in bytes, values and depth before they come here.
    allErrors: true,
    strictSchema: isStrict,
    strictNumbers: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    // Without it, `required: [toString]` would hold for every object.
    ownProperties: true,
    // Problems are shown to whoever asked, not printed.
    logger: false,
    code: { regExp: linearPattern },
  });
  addFormats.default(engine);
  engine.removeKeyword('uniqueItems');
  engine.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    errors: false,
    error: { message: 'must not have the same item twice' },
    validate: (isWanted: boolean, items: readonly unknown[]) => !isWanted || areUnique(items),
  });
  return engine;
}

/** What stands in a schema file: an object, or `true` and `false`. */
export type Schema = AnySchema;

function compilePattern(pattern: string): RE2JS {
  return RE2JS.compile(RE2JS.translateRegExp(pattern));
}
/** `code` is what the engine would write into standalone code, which we never make. */
const linearPattern = Object.assign(compilePattern, { code: 'compilePattern' });

function areUnique(items: readonly unknown[]): boolean {
  const seen = new Set<string>();
  for (const item of items) seen.add(JSON.stringify(item, sortMembers));
  return seen.size === items.length;
}

/** Equal objects may have their members in different orders. */
function sortMembers(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
