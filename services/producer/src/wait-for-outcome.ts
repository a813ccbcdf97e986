import { type EventRecord, StreamError } from '@millrace/stream-client';
import { isFinal, type RecordReader, refsOf } from './record-reader.js';

/** Longest wait that `Prefer: wait` is granted, in seconds. */
export const MAX_WAIT_SECONDS = 60;

/** The seconds that `Prefer: wait=N` asks for (RFC 7240 §4.3), cut to the longest wait; undefined when it does not. */
export function waitAskedFor(prefer: string | string[] | undefined): number | undefined {
  if (prefer === undefined) return undefined;
  const [, seconds] = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec([prefer].flat().join(',')) ?? [];
  return seconds === undefined ? undefined : Math.min(Number(seconds), MAX_WAIT_SECONDS);
}

/**
 * Resolves with the record once the event is finished, or with undefined when the signal aborts before. A stream that
 * cannot be read ends the wait as well: the event is accepted all the same, and its record can be asked for later.
 */
export async function waitForOutcome(
  records: RecordReader,
  ref: string,
  signal: AbortSignal,
): Promise<EventRecord | undefined> {
  const finished = new AbortController();
  const either = AbortSignal.any([signal, finished.signal]);
  let refs: readonly string[] = [ref];
  try {
    while (!signal.aborted) {
      // Asked for before reading: a change between reading and asking would go unnoticed.
      const change = records.nextChange(refs, either);
      const record = await records.read(ref);
      if (record === undefined || isFinal(record)) return record;
      const known = refs.length;
      refs = refsOf(record);
      if (refs.length <= known) await change;
    }
    return undefined;
  } catch (error) {
    if (error instanceof StreamError) return undefined;
    throw error;
  } finally {
    finished.abort();
  }
}
