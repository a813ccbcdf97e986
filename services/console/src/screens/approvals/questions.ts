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

interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** The questions of a delivery. What is not understood is asked as yes or no, with its own words. */
export function readQuestions(requests: Readonly<Record<string, unknown>>): readonly Question[] {
  return Object.entries(requests).map(([name, request]) => {
    const { params = {} } = (request ?? {}) as { params?: { message?: unknown; requestedSchema?: Schema } };
    const { properties = {}, required = [] } = params.requestedSchema ?? {};
    const fields = Object.entries(properties).map(([field, schema]) =>
      toField(field, schema, required.includes(field)),
    );
    return { name, message: typeof params.message === 'string' ? params.message : name, fields };
  });
}

/** What is filled in before anybody has done anything. */
export function startContent(fields: readonly Field[]): Content {
  return Object.fromEntries(fields.flatMap(({ name, start }) => (start === undefined ? [] : [[name, start]])));
}

function toField(name: string, schema: Schema, isRequired: boolean): Field {
  const options = (schema.enum ?? []).map(String);
  const known = ['string', 'number', 'integer', 'boolean'] as const;
  const type = options.length > 0 ? 'choice' : (known.find((one) => one === schema.type) ?? 'string');
  const start = schema.default ?? (type === 'boolean' ? false : undefined);
  return { name, title: schema.title ?? name, hint: schema.description, type, options, isRequired, start };
}
