import { ProblemError, type ProblemItem } from '@millrace/runtime';
import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';

/**
 * Returns what a caller sent, checked as it stands: nothing is converted, and nothing that the schema does not name is
 * passed over. A misspelt condition that is dropped would make a filter match everything. Missing members get their
 * defaults. Throws a ProblemError, 400 REQUEST_INVALID, that lists every mistake.
 */
export function checkInput<Schema extends TSchema>(schema: Schema, input: unknown): Static<Schema> {
  const value = Value.Default(schema, structuredClone(input));
  if (Value.Check(schema, value)) return value;
  const errors = Value.Errors(schema, value).flatMap(describeMistake);
  throw invalid(errors);
}

/** The refusal of a request that is not as it should be. */
export function invalid(errors: readonly ProblemItem[]): ProblemError {
  const detail = errors.map((error) => `${error.pointer || 'the body'} ${error.detail}`).join('; ');
  return new ProblemError({ status: 400, code: 'REQUEST_INVALID', detail, errors });
}

type Mistake = ReturnType<typeof Value.Errors>[number];

function describeMistake({ keyword, instancePath, params, message }: Mistake): ProblemItem[] {
  // The same mistake as `additionalProperties`, told less well.
  if (keyword === 'boolean') return [];
  if (keyword !== 'additionalProperties') return [{ pointer: instancePath, detail: message }];
  return params.additionalProperties.map((name) => ({
    pointer: `${instancePath}/${name}`,
    detail: 'is not known here',
  }));
}
