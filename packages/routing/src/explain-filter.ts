import type { Event } from '@millrace/events';
import { compileFilter, type Filter } from './filter.js';

/** Why a filter does not accept an event, in words: the first condition that does not hold. Undefined when it does. */
export function explainFilter(filter: Filter, event: Event): string | undefined {
  if (compileFilter(filter)(event)) return undefined;
  const { type, source, subject, exact, prefix, suffix, all = [], any, not } = filter;
  const named = Object.entries({ type, source, subject }).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  for (const [name, wanted] of [...named, ...Object.entries(exact ?? {})])
    if (textOf(event, name) !== wanted) return `${name} is ${show(event, name)}, not ${wanted}`;
  for (const [name, start] of Object.entries(prefix ?? {}))
    if (!textOf(event, name)?.startsWith(start))
      return `${name} is ${show(event, name)}, which does not begin with ${start}`;
  for (const [name, end] of Object.entries(suffix ?? {}))
    if (!textOf(event, name)?.endsWith(end)) return `${name} is ${show(event, name)}, which does not end with ${end}`;
  for (const part of all) {
    const why = explainFilter(part, event);
    if (why !== undefined) return why;
  }
  const choices = any?.map((choice) => explainFilter(choice, event));
  if (choices?.every((why) => why !== undefined)) return `none of its choices holds: ${choices.join('; ')}`;
  return not === undefined ? 'it is not accepted' : '`not` refuses it';
}

function textOf({ attributes }: Event, name: string): string | undefined {
  const value = attributes[name];
  return value === undefined ? undefined : String(value);
}

function show(event: Event, name: string): string {
  return textOf(event, name) ?? 'not there';
}
