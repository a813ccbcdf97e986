import { z } from 'zod';

const shared = {
  /** 1, 2, 3 … over the whole file, without gaps, across restarts. */
  n: z.int().min(1),
  /** When it was noted, ISO 8601 in UTC. */
  at: z.string(),
  /** The tool's name, or `unknown` for a name this cloud does not have. */
  tool: z.string(),
  /** The argument `eventId`; empty when the call had none. */
  eventId: z.string(),
  /** The idempotency key as the caller sent it, whether the tool honours it or not. */
  key: z.string().optional(),
  argsDigest: z.string(),
};

/** What may keep a call from reaching its tool; the call was then certainly not carried out by this request. */
export const STOPS = [
  'session-not-found',
  'lose-session',
  'unavailable',
  'http-error',
  'cut-before-effect',
  'hang',
] as const;
export type Stop = (typeof STOPS)[number];

const RequestEntry = z.object({ ...shared, kind: z.literal('request'), stopped: z.enum(STOPS).optional() });

const EffectEntry = z.object({
  ...shared,
  kind: z.literal('effect'),
  /** The `n` of the request that caused it. */
  requestN: z.int().min(1),
});

/** One line of the witness file. */
export const WitnessEntry = z.discriminatedUnion('kind', [RequestEntry, EffectEntry]);
export type WitnessEntry = z.output<typeof WitnessEntry>;

/** A tool call as the witness sees it. */
export interface ToolCallFacts {
  readonly tool: string;
  readonly eventId: string;
  readonly key: string | undefined;
  readonly argsDigest: string;
}

/** The entry that a line of the file holds; undefined when it holds none. */
export function parseEntry(line: string): WitnessEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return WitnessEntry.safeParse(value).data;
}
