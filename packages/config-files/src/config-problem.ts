/** One thing that is wrong in a configuration file, where, and what would mend it. */
export interface ConfigProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** JSON Pointer (RFC 6901) into the file. */
  readonly pointer: string;
  readonly detail: string;
  /** What would put it right, where that can be told. */
  readonly mend?: string;
}

/** A problem as one line of text: `file:line pointer: detail; mend`. */
export function describeConfigProblem({ file, line, pointer, detail, mend }: ConfigProblem): string {
  return `${file}:${line} ${pointer || '/'}: ${detail}${mend === undefined ? '' : `; ${mend}`}`;
}
