import type { ErrorObject } from 'ajv/dist/2020.js';

/** One thing about data that their schema does not allow, where: a JSON Pointer (RFC 6901) into the data. */
export interface Violation {
  readonly pointer: string;
  readonly detail: string;
}

/** Longest pointer that is given. The names in it are the sender's, and one name alone may be as long as the event. */
const MAX_POINTER_LENGTH = 256;

/** A violation as a sender can act upon. It shows names from the data, never values. */
export function describeViolation({ keyword, instancePath, params, message = 'is not valid' }: ErrorObject): Violation {
  const at = (name: unknown) => shorten(`${instancePath}/${escapeToken(String(name))}`);
  switch (keyword) {
    case 'required':
      return { pointer: at(params.missingProperty), detail: 'is required' };
    case 'additionalProperties':
      return { pointer: at(params.additionalProperty), detail: 'is not allowed' };
    case 'unevaluatedProperties':
      return { pointer: at(params.unevaluatedProperty), detail: 'is not allowed' };
    case 'enum':
      return { pointer: shorten(instancePath), detail: `must be one of ${list(params.allowedValues)}` };
    case 'const':
      return { pointer: shorten(instancePath), detail: `must be ${list([params.allowedValue])}` };
    default:
      return { pointer: shorten(instancePath), detail: message };
  }
}

/** The reference token of a name (RFC 6901 §3). */
export function escapeToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A pointer that is too long points at the nearest value around that has a shorter one. */
function shorten(pointer: string): string {
  if (pointer.length <= MAX_POINTER_LENGTH) return pointer;
  return pointer.slice(0, pointer.lastIndexOf('/', MAX_POINTER_LENGTH));
}

const MAX_LISTED = 10;

function list(values: readonly unknown[]): string {
  const shown = values.slice(0, MAX_LISTED).map((value) => JSON.stringify(value));
  return values.length > MAX_LISTED ? `${shown.join(', ')} …` : shown.join(', ');
}
