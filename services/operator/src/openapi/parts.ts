import { openApiRefusal, openApiUnauthenticated } from '@millrace/runtime';
import type { TSchema } from 'typebox';
import type { schemas } from './schemas.js';

/** A successful answer of this shape. */
export function answer(description: string, name: keyof typeof schemas) {
  return { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } };
}

/** What every path under /v1 may answer besides. */
export const everyAnswer = {
  401: openApiUnauthenticated,
  403: openApiRefusal(
    'ORIGIN_FOREIGN: a web page of another origin asks, or the operator is called by a name that is not this machine. ' +
      'ROLE_TOO_LOW: the holder of the key may look, and steer nothing.',
    403,
    'ORIGIN_FOREIGN',
    'web pages of another origin, and calls by a name that is not this machine, are refused',
  ),
  503: openApiRefusal(
    'Redis did not answer; look before asking again.',
    503,
    'STREAM_UNAVAILABLE',
    'Redis did not answer; what was asked may or may not have been done, look before asking again',
  ),
};

/** The refusal of a query or a body that is not as it should be. */
export const invalid = openApiRefusal(
  'REQUEST_INVALID: the query or the body is not as it should be; every mistake is listed. CURSOR_INVALID: the cursor was ' +
    'not given here.',
  400,
  'REQUEST_INVALID',
  '/limit must match pattern',
);

/** A refusal by one of our problems: its status, code and detail. */
export function refusedBy(
  description: string,
  { status, code, detail }: { readonly status: number; readonly code: string; readonly detail: string },
) {
  return openApiRefusal(description, status, code, detail);
}

/** A parameter that stands in the path. */
export function inPath(name: string, description: string) {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

/** Parameters of a query, from the schema that it is checked against. */
export function inQuery(query: TSchema) {
  const { properties = {} } = JSON.parse(JSON.stringify(query)) as { properties?: Record<string, object> };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }));
}

/** A JSON body, from the schema that it is checked against. */
export function jsonBody(schema: TSchema, required: boolean) {
  return { required, content: { 'application/json': { schema: JSON.parse(JSON.stringify(schema)) as object } } };
}
