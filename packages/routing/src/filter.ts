import type { Event } from '@millrace/events';
import { z } from 'zod';

const byAttribute = z.record(z.string().regex(/^[a-z0-9]+$/, 'is not an attribute name'), z.string().min(1));

/**
 * Which events a route is for, in the words of the CloudEvents Subscriptions filter dialects. `type: x` is short for
 * `exact: { type: x }`. Several keys in one filter must all hold; `all: []` accepts every event.
 */
export type Filter = {
  readonly type?: string | undefined;
  readonly source?: string | undefined;
  readonly subject?: string | undefined;
  readonly exact?: Readonly<Record<string, string>> | undefined;
  readonly prefix?: Readonly<Record<string, string>> | undefined;
  readonly suffix?: Readonly<Record<string, string>> | undefined;
  readonly all?: readonly Filter[] | undefined;
  readonly any?: readonly Filter[] | undefined;
  readonly not?: Filter | undefined;
};

export const filterSchema: z.ZodType<Filter> = z
  .strictObject({
    type: z.string().min(1).optional(),
    source: z.string().min(1).optional(),
    subject: z.string().min(1).optional(),
    exact: byAttribute.optional(),
    prefix: byAttribute.optional(),
    suffix: byAttribute.optional(),
    all: z.lazy(() => z.array(filterSchema).max(50)).optional(),
    any: z.lazy(() => z.array(filterSchema).min(1).max(50)).optional(),
    not: z.lazy(() => filterSchema).optional(),
  })
  .refine(
    (filter) => Object.keys(filter).length > 0,
    'accepts nothing and everything: write `all: []` for every event',
  );

type Predicate = (event: Event) => boolean;

/** Compiles a filter once. The predicate reads attributes alone and never throws. */
export function compileFilter(filter: Filter): Predicate {
  const { type, source, subject, exact, prefix, suffix, all, any, not } = filter;
  const named = Object.entries({ type, source, subject }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const parts: Predicate[] = [
    ...compare([...named, ...Object.entries(exact ?? {})], (value, expected) => value === expected),
    ...compare(Object.entries(prefix ?? {}), (value, expected) => value.startsWith(expected)),
    ...compare(Object.entries(suffix ?? {}), (value, expected) => value.endsWith(expected)),
    ...(all ?? []).map(compileFilter),
  ];
  if (any !== undefined) {
    const choices = any.map(compileFilter);
    parts.push((event) => choices.some((choice) => choice(event)));
  }
  if (not !== undefined) {
    const refused = compileFilter(not);
    parts.push((event) => !refused(event));
  }
  return (event) => parts.every((part) => part(event));
}

/** An attribute that the event does not have equals nothing, begins with nothing and ends with nothing. */
function compare(pairs: readonly [string, string][], holds: (value: string, expected: string) => boolean): Predicate[] {
  return pairs.map(([name, expected]) => (event) => {
    const value = event.attributes[name];
    return value !== undefined && holds(String(value), expected);
  });
}
