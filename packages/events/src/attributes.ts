import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Problem } from './errors.js';
import type { AttributeValue } from './event.js';
import { MAX_ATTRIBUTE_BYTES } from './limits.js';
import { isPlainlyValid } from './plain-attributes.js';

/** CloudEvents 1.0 §2.1: no control characters, no surrogates without their partner, no noncharacters. */
const TEXT = '^[^\\p{Cc}\\p{Cs}\\p{Noncharacter_Code_Point}]*$';
const MEDIA_TYPE = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+\\s*(;.*)?$";

/**
 * The context attributes of CloudEvents 1.0 §3 as JSON Schema, with the extensions that we understand: `partitionkey`,
 * `expirytime` and `deliverat` have a form to keep; `traceparent`, `tracestate`, `correlationid` and `causationid`
 * travel as they are, like every extension nobody has heard of.
 */
export const attributesSchema = {
  type: 'object',
  required: ['specversion', 'id', 'source', 'type'],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', minLength: 1 },
    source: { type: 'string', minLength: 1, format: 'uri-reference' },
    type: { type: 'string', minLength: 1 },
    subject: { type: 'string', minLength: 1 },
    time: { type: 'string', format: 'date-time' },
    datacontenttype: { type: 'string', pattern: MEDIA_TYPE },
    dataschema: { type: 'string', minLength: 1, format: 'uri' },
    partitionkey: { type: 'string', minLength: 1, maxLength: 256 },
    expirytime: { type: 'string', format: 'date-time' },
    deliverat: { type: 'string', format: 'date-time' },
  },
  propertyNames: { pattern: '^[a-z0-9]+$', not: { enum: ['data'] } },
  additionalProperties: true,
} as const;

/** A whole event in JSON format as JSON Schema, for documentation: the attributes, and its data in either form. */
export const eventSchema = {
  ...attributesSchema,
  description: 'A CloudEvents 1.0 event in JSON format. Extension attributes travel untouched.',
  properties: {
    ...attributesSchema.properties,
    data: { description: 'Any JSON value, kept byte for byte.' },
    data_base64: { type: 'string', contentEncoding: 'base64' },
  },
  propertyNames: { pattern: '^([a-z0-9]+|data_base64)$' },
} as const;

const anyAttribute = {
  type: 'object',
  additionalProperties: {
    type: ['string', 'integer', 'boolean'],
    pattern: TEXT,
    minimum: -2_147_483_648,
    maximum: 2_147_483_647,
  },
};

// Every problem at once is affordable: an event has at most MAX_VALUES members, and the formats do not backtrack.
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
addFormats.default(ajv);
/** Whether attributes are as the schemas have them, size aside; what is wrong stands in `errors`. */
export const hasValidAttributes = ajv.compile<Record<string, AttributeValue>>({
  allOf: [attributesSchema, anyAttribute],
});

/** Where an attribute stands in what was sent: its pointer or its header. */
export type Locate = (attribute: string) => Pick<Problem, 'pointer' | 'header'>;

/** Checks context attributes against CloudEvents 1.0 and our size limit. Returns all problems; none means valid. */
export function checkAttributes(attributes: Readonly<Record<string, unknown>>, locate: Locate): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isPlainlyValid(attributes) && !hasValidAttributes(attributes)) {
    for (const error of hasValidAttributes.errors ?? []) problems.push(...problemOf(error, locate));
  }
  if (isTooLarge(attributes)) {
    problems.push({ detail: `the attributes are larger than ${MAX_ATTRIBUTE_BYTES} bytes together` });
  }
  return problems;
}

function problemOf(error: ErrorObject, locate: Locate): readonly Problem[] {
  switch (error.keyword) {
    case 'required':
      return [{ ...locate(String(error.params.missingProperty)), detail: 'is required' }];
    case 'propertyNames':
      return [
        { ...locate(String(error.params.propertyName)), detail: 'is no attribute name: lower-case letters and digits' },
      ];
    default:
      // Problems inside a name are reported once, by `propertyNames`.
      if (error.propertyName !== undefined) return [];
      return [{ ...locate(attributeIn(error.instancePath)), detail: detailOf(error) }];
  }
}

/** The reverse of what a JSON Pointer does to a name. */
function attributeIn(instancePath: string): string {
  return instancePath.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
}

function detailOf(error: ErrorObject): string {
  switch (error.keyword) {
    case 'const':
      return 'must be "1.0"';
    case 'minLength':
      return 'must not be empty';
    case 'pattern':
      return error.params.pattern === TEXT ? 'must not contain control characters' : 'must be a media type';
    case 'format':
      return `must be a ${FORMATS[String(error.params.format)] ?? error.params.format}`;
    default:
      return error.message ?? 'is not valid';
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  'date-time': 'time as in RFC 3339, such as 2026-01-31T12:00:00Z',
  'uri-reference': 'URI reference (RFC 3986)',
  uri: 'URI with a scheme (RFC 3986)',
};

function isTooLarge(attributes: Readonly<Record<string, unknown>>): boolean {
  let characters = 0;
  for (const name in attributes) characters += name.length + String(attributes[name]).length;
  // A character is three bytes at most: nearly always there is nothing to count.
  return characters * 3 > MAX_ATTRIBUTE_BYTES && sizeOf(attributes) > MAX_ATTRIBUTE_BYTES;
}

function sizeOf(attributes: Readonly<Record<string, unknown>>): number {
  let bytes = 0;
  for (const name in attributes) bytes += name.length + Buffer.byteLength(String(attributes[name]));
  return bytes;
}
