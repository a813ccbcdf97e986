import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { ConfigProblem } from './config-problem.js';

/** A checked file, or everything that is wrong with it. */
export type Checked<T> =
  | { readonly value: T; readonly locate: Locate }
  | { readonly problems: readonly ConfigProblem[] };

/** Turns a path inside the file into a problem that names its line. */
export type Locate = (path: readonly PropertyKey[], detail: string, mend?: string) => ConfigProblem;

/** Parses YAML (of which JSON is a part) and checks it against a schema. Aliases cannot multiply without bound. */
export function readYaml<T>(text: string, file: string, schema: z.ZodType<T>): Checked<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const detail = (message.split('\n')[0] ?? 'is not YAML').replace(/ at line \d+, column \d+:$/, '');
      return { file, line: lineAt(pos[0]), pointer: '', detail };
    });
    return { problems };
  }
  const locate: Locate = (path, detail, mend) => {
    const pointer = path.map(escapeToken).join('');
    return { file, line: lineAt(offsetOf(document, path)), pointer, detail, ...(mend === undefined ? {} : { mend }) };
  };
  const checked = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (checked.success) return { value: checked.data, locate };
  return { problems: checked.error.issues.flatMap((issue) => describeIssue(issue, locate)) };
}

function describeIssue(issue: z.core.$ZodIssue, locate: Locate): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => locate([...issue.path, key], `unknown: ${key}`));
  if (issue.code === 'invalid_type') return [locate(issue.path, describeType(issue))];
  return [locate(issue.path, issue.message)];
}

/** The library says what it received in its message alone, and only there tells what is missing from what is wrong. */
function describeType({ expected, message }: z.core.$ZodIssueInvalidType): string {
  const received = /received (\w+)$/.exec(message)?.[1];
  const wanted = TYPE_WORDS[expected] ?? expected;
  if (received === undefined) return message;
  return received === 'undefined'
    ? `is missing: ${wanted}`
    : `must be ${wanted}, not ${TYPE_WORDS[received] ?? received}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** Where the key or the item at the path begins, or the nearest one above it that exists. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const last = path[depth - 1];
    // A value may begin lines below its key.
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === last) : undefined;
    const node: unknown = pair?.key ?? document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

function escapeToken(token: PropertyKey): string {
  return `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
