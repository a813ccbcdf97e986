import { describeProblem } from './problem.js';

/** A problem document (RFC 9457) as JSON Schema. OpenAPI documents have it as `#/components/schemas/Problem`. */
export const problemSchema = {
  type: 'object',
  description: 'RFC 9457. Branch on code; it never changes.',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          pointer: { type: 'string', format: 'json-pointer', description: 'Into the body.' },
          header: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
} as const;

/** A response header in an OpenAPI document. */
export function openApiHeader(description: string) {
  return { description, schema: { type: 'string' } };
}

/** A refusal in an OpenAPI document, with the problem that a caller would see. 429 and 503 come with Retry-After. */
export function openApiRefusal(description: string, status: number, code: string, detail: string, more: object = {}) {
  const example = { ...describeProblem({ status, code, detail }), ...more };
  const isTemporary = status === 429 || status === 503;
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' }, example } },
    ...(isTemporary ? { headers: { 'Retry-After': openApiHeader('Seconds after which to come back.') } } : {}),
  };
}

/** The refusal of whoever has no key, in an OpenAPI document. */
export const openApiUnauthenticated = {
  ...openApiRefusal(
    'The key is missing or wrong, where one is required.',
    401,
    'UNAUTHENTICATED',
    'this path needs an API key',
  ),
  headers: { 'WWW-Authenticate': openApiHeader('Bearer') },
};
