import type { Conversation } from './conversation.js';
import type { Answer, Script } from './script.js';

/**
 * An answer as it goes out in this conversation: `{name}` is what the script takes out of it, and a tool with a star is the
 * one that is offered. What the conversation does not have stays as it was written, so that the reader sees what is missing.
 */
export function fillAnswer(answer: Answer, take: Script['take'], { texts, tools }: Conversation): Answer {
  const taken = Object.entries(take).flatMap(([name, pattern]) => {
    const found = takeFrom(texts, pattern);
    return found === undefined ? [] : [[`{${name}}`, found] as const];
  });
  const fill = (text: string) => taken.reduce((filled, [name, value]) => filled.replaceAll(name, () => value), text);
  const calls = answer.calls.map(({ tool, arguments: args }) => ({
    tool: findTool(tools, tool),
    arguments: fillValue(args, fill) as typeof args,
  }));
  return { ...answer, text: fill(answer.text), calls };
}

function findTool(offered: readonly string[], name: string): string {
  if (!name.endsWith('*')) return name;
  return offered.find((one) => one.startsWith(name.slice(0, -1))) ?? name;
}

/** What stands in the place of the star, in the first text that has the words before and after it. */
export function takeFrom(texts: readonly string[], pattern: string): string | undefined {
  const [before = '', after = ''] = pattern.split('*');
  for (const text of texts) {
    const from = text.indexOf(before);
    const until = from < 0 ? -1 : text.indexOf(after, from + before.length);
    if (until >= 0) return text.slice(from + before.length, until);
  }
  return undefined;
}

function fillValue(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === 'string') return fill(value);
  if (Array.isArray(value)) return value.map((one) => fillValue(one, fill));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fillValue(one, fill)]));
}
