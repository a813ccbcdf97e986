/** What an isolate is asked: to evaluate an expression on an input. One at a time. */
export interface Job {
  readonly language: 'jsonata' | 'cel';
  readonly text: string;
  readonly input: unknown;
}

/** What it answers, after a first `ready`. */
export type Answer =
  | { readonly kind: 'value'; readonly json?: string }
  | { readonly kind: 'failed' | 'timed-out'; readonly message: string };

/** How long an expression may take, in ms: far beyond a sensible one, which takes well under one. */
export const EVALUATION_LIMIT_MS = 1_000;
/** After this the isolate is ended: what is stuck inside one function does not look at the clock. */
export const HARD_LIMIT_MS = 1_500;
/** Memory of an isolate for values, in MB. */
export const MAX_HEAP_MB = 96;
