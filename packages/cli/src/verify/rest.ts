import { sleep } from '@millrace/core';
import { CliError } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import type { WitnessAccount } from './history.js';
import { countPending } from './operator-reader.js';
import type { RecordReader } from './record-reader.js';
import type { WitnessReader } from './witness-reader.js';

const POLL_MS = 300;
/** Nothing may be called for so long, in ms, before the system counts as being at rest. */
const QUIET_MS = 1_500;

export interface RestParts {
  readonly records: RecordReader;
  readonly refs: ReadonlyMap<string, string>;
  readonly operator: HttpClient;
  readonly witnesses: readonly WitnessReader[];
  readonly prefix: string;
}

/** What the witnesses saw in the end, and why the system was not seen at rest; undefined when it was. */
export interface Rest {
  readonly accounts: readonly WitnessAccount[];
  readonly unrest: string | undefined;
}

/**
 * Waits until every accepted event has ended, nobody holds an entry, and the witnesses see no further call for a while.
 * Past `limitMs` it says what is still open.
 */
export async function waitForRest(parts: RestParts, limitMs: number, signal: AbortSignal): Promise<Rest> {
  const { records, refs, operator, witnesses, prefix } = parts;
  const giveUpAt = performance.now() + limitMs;
  const readAll = () => Promise.all(witnesses.map((witness) => witness.read(prefix)));
  for (;;) {
    const open = await records.refresh(refs);
    const pending = open > 0 ? undefined : await pendingNow(operator);
    let unrest = open > 0 ? `${open} events are open` : `${pending ?? 'nobody knows how many'} entries are pending`;
    if (open === 0 && pending === 0) {
      const before = await readAll();
      await sleep(QUIET_MS, signal);
      const after = await readAll();
      if (countCalls(before) === countCalls(after)) return { accounts: after, unrest: undefined };
      unrest = 'tools are still called';
    }
    if (performance.now() > giveUpAt || signal.aborted) return { accounts: await readAll(), unrest };
    await sleep(POLL_MS, signal);
  }
}

async function pendingNow(operator: HttpClient): Promise<number | undefined> {
  try {
    return await countPending(operator);
  } catch (error) {
    // It may still be finding its way back to Redis; the limit bounds how long.
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

function countCalls(accounts: readonly WitnessAccount[]): number {
  return accounts.flatMap(({ tallies }) => tallies).reduce((sum, { reached, effects }) => sum + reached + effects, 0);
}
