/** Arguments that are not a model's to choose, by name. */
export type FixedArguments = Readonly<Record<string, unknown>>;

/** The schema of a tool as a model is shown it: without what it may not choose. */
export function hideFixed(schema: Readonly<Record<string, unknown>>, fixed: FixedArguments): object {
  const { properties, required } = schema;
  if (!isObject(properties)) return schema;
  const isHidden = (name: string) => Object.hasOwn(fixed, name);
  if (!Object.keys(properties).some(isHidden)) return schema;
  const shown = Object.fromEntries(Object.entries(properties).filter(([name]) => !isHidden(name)));
  const wanted = Array.isArray(required) ? required.filter((name) => !isHidden(String(name))) : [];
  const { required: _required, ...rest } = schema;
  return { ...rest, properties: shown, ...(wanted.length === 0 ? {} : { required: wanted }) };
}

/** The arguments of a call with what is fixed among them, or the name of one for which the model has said something else. */
export function addFixed(
  given: Readonly<Record<string, unknown>>,
  schema: unknown,
  fixed: FixedArguments,
): { readonly arguments: Readonly<Record<string, unknown>> } | { readonly refused: string } {
  // What a tool does not name, it is not given; but a model that says it all the same may not say something else.
  for (const [name, value] of Object.entries(fixed))
    if (Object.hasOwn(given, name) && JSON.stringify(given[name]) !== JSON.stringify(value)) return { refused: name };
  const added = Object.entries(fixed).filter(([name]) => isTaken(name, schema, schema, MAX_DEPTH));
  return { arguments: { ...given, ...Object.fromEntries(added) } };
}

/** How deep a schema is followed: one that refers to itself has no end. */
const MAX_DEPTH = 8;
const BRANCHES = ['allOf', 'anyOf', 'oneOf', 'then', 'else'];

/** Whether an object of this schema may have a property of that name, by a branch of the schema or by what it refers to. */
function isTaken(name: string, schema: unknown, root: unknown, depth: number): boolean {
  if (!isObject(schema) || depth === 0) return false;
  if (isObject(schema.properties) && Object.hasOwn(schema.properties, name)) return true;
  const branches = BRANCHES.flatMap((branch) => schema[branch] ?? []);
  return [...branches, resolve(schema.$ref, root)].some((branch) => isTaken(name, branch, root, depth - 1));
}

function resolve(ref: unknown, root: unknown): unknown {
  if (typeof ref !== 'string' || !ref.startsWith('#/')) return undefined;
  const path = ref.slice(2).split('/');
  return path.reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), root);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
