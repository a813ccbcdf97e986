import { ProblemError, type ProblemItem } from '@millrace/runtime';
import type { Static, TSchema } from 'typebox';
import { Settings } from 'typebox/system';
import { Value } from 'typebox/value';

/** Of the mistakes in one request: each word that would have been right counts as one, and by itself TypeBox stops at eight. */
const MAX_MISTAKES = 100;

Settings.Set({ maxErrors: MAX_MISTAKES });

/**
 * Returns what a caller sent, checked as it stands: nothing is converted, and nothing that the schema does not name is
 * passed over. A misspelt condition that is dropped would make a filter match everything. Missing members get their
 * defaults. Throws a ProblemError, 400 REQUEST_INVALID, that lists every mistake, a hundred at most.
 */
export function checkInput<Schema extends TSchema>(schema: Schema, input: unknown): Static<Schema> {
  const value = Value.Default(schema, structuredClone(input));
  if (Value.Check(schema, value)) return value;
  throw invalid(describeMistakes(Value.Errors(schema, value)));
}

/** The refusal of a request that is not as it should be. */
export function invalid(errors: readonly ProblemItem[]): ProblemError {
  const detail = errors.map((error) => `${error.pointer || 'the body'} ${error.detail}`).join('; ');
  return new ProblemError({ status: 400, code: 'REQUEST_INVALID', detail, errors });
}

type Mistake = ReturnType<typeof Value.Errors>[number];

/** Words of which one has to be there are told together: each by itself would be a mistake of its own. */
function describeMistakes(mistakes: readonly Mistake[]): readonly ProblemItem[] {
  const choices = Map.groupBy(mistakes.filter(isChoice), ({ instancePath }) => instancePath);
  const told = [...choices].map(([pointer, all]) => ({
    pointer,
    detail: `must be one of ${all.map(wordOf).join(', ')}`,
  }));
  const others = mistakes.filter(
    (one) => !isChoice(one) && !(one.keyword === 'anyOf' && choices.has(one.instancePath)),
  );
  return [...told, ...others.flatMap(describeMistake)];
}

function isChoice({ keyword }: Mistake): boolean {
  return keyword === 'const';
}

function wordOf({ params }: Mistake): string {
  return 'allowedValue' in params ? String(params.allowedValue) : '?';
}

function describeMistake({ keyword, instancePath, params, message }: Mistake): ProblemItem[] {
  // The same mistake as `additionalProperties`, told less well.
  if (keyword === 'boolean') return [];
  if (keyword !== 'additionalProperties') return [{ pointer: instancePath, detail: message }];
  return params.additionalProperties.map((name) => ({
    pointer: `${instancePath}/${name}`,
    detail: 'is not known here',
  }));
}
