/** Attributes that may be any text, and must be some. */
const TEXTS: ReadonlySet<string> = new Set(['id', 'type', 'subject', 'traceparent', 'tracestate', 'correlationid']);
const PRINTABLE = /^[\x20-\x7e]+$/;
/** A path, or a URL with no more than a host and a path; no percent signs, which have to stand before two digits. */
const PATH = /^(?:https?:\/\/[a-z0-9.-]+)?(?:\/[A-Za-z0-9._~-]+)+$/;
/** Every day but the 29th of February, which not every year has. */
const TIME =
  /^\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/;

/**
 * Whether context attributes are valid beyond doubt: those that nearly every event has, in the forms that nearly all have. A
 * quick yes in place of the schema, which alone can say no; a test holds the one against the other.
 */
export function isPlainlyValid(attributes: Readonly<Record<string, unknown>>): boolean {
  for (const name in attributes) if (!isPlain(name, attributes[name])) return false;
  const { specversion, id, source, type } = attributes;
  return specversion !== undefined && id !== undefined && source !== undefined && type !== undefined;
}

function isPlain(name: string, value: unknown): boolean {
  if (typeof value !== 'string') return false;
  switch (name) {
    case 'specversion':
      return value === '1.0';
    case 'source':
      return PATH.test(value);
    case 'time':
      return TIME.test(value);
    case 'datacontenttype':
      return value === 'application/json';
    case 'partitionkey':
      return value.length <= 256 && PRINTABLE.test(value);
    default:
      return TEXTS.has(name) && PRINTABLE.test(value);
  }
}
