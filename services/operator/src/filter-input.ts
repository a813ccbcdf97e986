import type { DeadLetterFilter } from '@millrace/stream-client';
import { type Static, Type } from 'typebox';
import { invalid } from './check-input.js';

const word = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));
const instant = Type.Optional(Type.String({ format: 'date-time', maxLength: 40 }));

/** The conditions by which dead letters are chosen, as a caller writes them: in a query, or in the body of a job. */
export const FILTER_FIELDS = {
  route: word,
  reason: word,
  type: word,
  code: word,
  class: word,
  text: word,
  since: instant,
  until: instant,
};

const fields = Type.Object(FILTER_FIELDS);

/** Throws a ProblemError, 400, for a time that no calendar has. `at` is where the filter stands in the request. */
export function toFilter({ since, until, ...words }: Static<typeof fields>, at: string): DeadLetterFilter {
  return {
    ...words,
    ...(since === undefined ? {} : { since: toDate(since, `${at}/since`) }),
    ...(until === undefined ? {} : { until: toDate(until, `${at}/until`) }),
  };
}

/** A time as a caller wrote it. Throws a ProblemError, 400, for one that no calendar has. */
export function toDate(text: string, pointer: string): Date {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw invalid([{ pointer, detail: 'is not a time' }]);
  return date;
}
