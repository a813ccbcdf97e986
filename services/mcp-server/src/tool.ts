import type { z } from 'zod';

/** What a tool call came to. `changed` says whether the outside world is different now: that is an effect. */
export type ToolAnswer<Output> =
  | { readonly kind: 'done'; readonly changed: boolean; readonly output: Output }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Whether a tool honours an idempotency key: not at all, in `_meta["millrace.dev/idempotency-key"]`, or there and in
 * its argument `idempotencyKey`.
 */
export type KeyMode = 'none' | 'meta' | 'meta-or-argument';

/** What a tool says about itself. Hints as the specification defines them; here they are true. */
export interface ToolAnnotations {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** One tool, whichever SDK serves it. `run` is synchronous: it happens at once and completely. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  readonly annotations: ToolAnnotations;
  readonly key: KeyMode;
  /** What somebody has to approve of before it runs with these arguments, in words; undefined when it just runs. */
  asks(args: unknown): string | undefined;
  /** `requestN` is the witness's number of the request: unique for good, so ids are made of it. */
  run(args: unknown, requestN: number): ToolAnswer<Readonly<Record<string, unknown>>>;
}

export const READ_ONLY: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
/** Adds something; a repeat adds it again. */
export const ADDS: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: false,
};
/** Sets something; a repeat changes nothing more. */
export const SETS: ToolAnnotations = { ...ADDS, idempotentHint: true };
/** Adds something outside our own systems: mail is sent, money moves, paper is printed. */
export const REACHES_OUT: ToolAnnotations = { ...ADDS, openWorldHint: true };
/** Takes something away; a repeat takes it away again. */
export const DESTROYS: ToolAnnotations = { ...ADDS, destructiveHint: true };

/** A tool whose `run` gets arguments that fit its input schema, with its types. */
export function defineTool<Input extends z.ZodRawShape, Output extends z.ZodRawShape>(definition: {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject<Input>;
  readonly output: z.ZodObject<Output>;
  readonly annotations: ToolAnnotations;
  readonly key?: KeyMode;
  asks?(args: z.output<z.ZodObject<Input>>): string | undefined;
  run(
    args: z.output<z.ZodObject<Input>>,
    requestN: number,
  ): ToolAnswer<z.output<z.ZodObject<Output>> & Readonly<Record<string, unknown>>>;
}): Tool {
  return {
    ...definition,
    key: definition.key ?? 'none',
    asks: (args) => definition.asks?.(definition.input.parse(args)),
    run: (args, requestN) => definition.run(definition.input.parse(args), requestN),
  };
}

/** An answer after which the world is as it was. */
export function unchanged<Output>(output: Output): ToolAnswer<Output> {
  return { kind: 'done', changed: false, output };
}

/** An answer after an effect. */
export function changed<Output>(output: Output): ToolAnswer<Output> {
  return { kind: 'done', changed: true, output };
}

/** The tool understood and said no; nothing happened. */
export function refused(reason: string): ToolAnswer<never> {
  return { kind: 'refused', reason };
}
