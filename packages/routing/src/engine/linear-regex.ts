import { RE2JS } from 're2js';

/** Instructions of a compiled regular expression: what one character of the text may cost at most. */
const MAX_PROGRAM = 1_000;

const compiled = new WeakMap<RegExp, RE2JS>();

/**
 * Compiles for an engine whose time grows with the text and never explodes. Look-around and back references, which need
 * one that may, are refused. Throws an `Error` that says what is wrong.
 */
export function compileLinear(pattern: RegExp): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const flags =
    (pattern.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) |
    (pattern.multiline ? RE2JS.MULTILINE : 0) |
    (pattern.dotAll ? RE2JS.DOTALL : 0);
  const made = compileOrSayWhy(() => RE2JS.compile(RE2JS.translateRegExp(pattern), flags), pattern.source);
  compiled.set(pattern, made);
  return made;
}

/** The same for a pattern in the syntax of RE2, as CEL has it. */
export function compileRe2(pattern: string): RE2JS {
  return compileOrSayWhy(() => RE2JS.compile(pattern), pattern);
}

function compileOrSayWhy(compile: () => RE2JS, pattern: string): RE2JS {
  try {
    const regex = compile();
    const size = regex.programSize();
    if (size <= MAX_PROGRAM) return regex;
    throw new Error(`it has ${size} instructions, the limit is ${MAX_PROGRAM}`);
  } catch (error) {
    const why = String((error as Error).message).replace(/^error parsing regexp: /, '');
    const rule = 'look-around and back references are not to be had in linear time';
    throw new Error(`the regular expression /${pattern}/ cannot be used: ${why} (${rule})`, { cause: error });
  }
}

/** The part of `RegExp` that JSONata uses, on the linear engine. */
export class LinearRegExp {
  lastIndex = 0;
  readonly #regex: RE2JS;

  constructor(pattern: RegExp) {
    this.#regex = compileLinear(pattern);
  }

  exec(text: string): RegExpExecArray | null {
    const matcher = this.#regex.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, at) => matcher.group(at) ?? undefined);
    this.lastIndex = matcher.end();
    return Object.assign(groups, { index: matcher.start(), input: text }) as unknown as RegExpExecArray;
  }
}
