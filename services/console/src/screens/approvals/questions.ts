/** One thing to fill in: of the flat schemas that MCP allows in a question. */
export interface Field {
  readonly name: string;
  readonly title: string;
  readonly hint: string | undefined;
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'choice';
  readonly options: readonly string[];
  readonly isRequired: boolean;
  readonly start: unknown;
}

/** What a parked delivery asks under one name. */
export interface Question {
  readonly name: string;
  readonly message: string;
  readonly fields: readonly Field[];
}

/** What is filled in, by the names of the fields. */
export type Content = Readonly<Record<string, unknown>>;

/**
 * The questions of a delivery, of whatever shape a server has sent them: one that is wrong must not take away the others.
 * What is not understood is asked as yes or no, with its own words.
 */
export function readQuestions(requests: Readonly<Record<string, unknown>>): readonly Question[] {
  return Object.entries(requests).map(([name, request]) => {
    const { message, requestedSchema } = toObject(toObject(request).params);
    const { properties, required } = toObject(requestedSchema);
    const needed = Array.isArray(required) ? required : [];
    const fields = Object.entries(toObject(properties)).map(([field, schema]) =>
      toField(field, toObject(schema), needed.includes(field)),
    );
    return { name, message: toText(message) ?? name, fields };
  });
}

/** What is filled in before anybody has done anything. */
export function startContent(fields: readonly Field[]): Content {
  return Object.fromEntries(fields.flatMap(({ name, start }) => (start === undefined ? [] : [[name, start]])));
}

function toField(name: string, schema: Readonly<Record<string, unknown>>, isRequired: boolean): Field {
  const options = Array.isArray(schema.enum) ? schema.enum.map((one) => toText(one) ?? JSON.stringify(one)) : [];
  const known = ['string', 'number', 'integer', 'boolean'] as const;
  const type = options.length > 0 ? 'choice' : (known.find((one) => one === schema.type) ?? 'string');
  const start = schema.default ?? (type === 'boolean' ? false : undefined);
  const title = toText(schema.title) ?? capitalize(name);
  return { name, title, hint: toText(schema.description), type, options, isRequired, start };
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function capitalize(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
