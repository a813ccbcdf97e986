import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import type { ConfigProblem } from './config-problem.js';

/** A checked file, or everything that is wrong with it. */
export type Checked<T> =
  | { readonly value: T; readonly locate: Locate }
  | { readonly problems: readonly ConfigProblem[] };

/** Turns a path inside the file into a problem that names its line. */
export type Locate = (path: readonly PropertyKey[], detail: string) => ConfigProblem;

/** Parses YAML (of which JSON is a part) and checks it against a schema. Aliases cannot multiply without bound. */
export function readYaml<T>(text: string, file: string, schema: z.ZodType<T>): Checked<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const detail = message.split('\n')[0] ?? 'is not YAML';
      return { file, line: lineAt(pos[0]), pointer: '', detail };
    });
    return { problems };
  }
  const locate: Locate = (path, detail) => {
    return { file, line: lineAt(offsetOf(document, path)), pointer: path.map(escapeToken).join(''), detail };
  };
  const checked = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (checked.success) return { value: checked.data, locate };
  return { problems: checked.error.issues.map((issue) => locate(issue.path, describeIssue(issue))) };
}

function describeIssue(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys' ? `unknown: ${issue.keys.join(', ')}` : issue.message;
}

/** Where the node at the path begins, or the nearest one above it that exists. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return 0;
}

function escapeToken(token: PropertyKey): string {
  return `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
