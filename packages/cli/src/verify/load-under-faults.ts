import { sleep } from '@millrace/core';
import type { EvidenceLog } from './evidence-log.js';
import type { FaultKind } from './history.js';
import { sendLoad } from './load.js';
import type { ModelReader } from './model-reader.js';
import type { VerifyPlan } from './plan.js';
import { troubleProcesses } from './process-faults.js';
import { createRandom } from './random.js';
import type { Sender } from './sender.js';
import type { SentLedger } from './sent-ledger.js';
import { healTools, troubleTools } from './tool-faults.js';
import type { VerifyParts } from './verify-parts.js';
import type { WitnessReader } from './witness-reader.js';

/** What a run writes down while it goes on. */
export interface Notebook {
  readonly ledger: SentLedger;
  readonly evidence: EvidenceLog;
  readonly sender: Sender;
  readonly witnesses: readonly WitnessReader[];
  readonly model: ModelReader | undefined;
  /** Beginning of every event id of this run. */
  readonly prefix: string;
}

/**
 * Sends the events of a run while things are broken around them. The faults end with the load, and whatever fails takes
 * everything else down with it; when this settles nothing is stopped, and the mock clouds have no rules.
 */
export async function loadUnderFaults(
  plan: VerifyPlan,
  { operator, processes, say }: Pick<VerifyParts, 'operator' | 'processes' | 'say'>,
  { ledger, evidence, sender, witnesses, prefix }: Notebook,
  signal: AbortSignal,
): Promise<void> {
  const { routes, seed, durationMs } = plan;
  const does = (kind: FaultKind) => plan.faults.includes(kind);
  const toolFaults = { routes, witnesses, prefix, evidence, random: createRandom(seed + 1) };
  const longestWaitMs = () => ledger.longestWaitMs();
  const over = new AbortController();
  const during = AbortSignal.any([signal, over.signal]);
  const load = sendLoad(plan, (route) => sender.send(route, false, during), createRandom(seed + 2), during);
  const tasks = [
    load.finally(() => over.abort()),
    troubleTools({ cut: does('cut'), delay: does('delay') }, toolFaults, during),
    reportProgress(ledger, evidence, say, during),
  ];
  if (processes !== undefined) {
    const processFaults = { processes, operator, evidence, random: createRandom(seed + 3), longestWaitMs };
    tasks.push(troubleProcesses({ kill: does('kill'), freeze: does('freeze') }, durationMs, processFaults, during));
  }
  try {
    await allOrNone(over, tasks);
  } finally {
    processes?.resumeAll();
    await healTools(toolFaults);
  }
}

/** Resolves when all have ended; when one fails, the others are told to end before the failure is thrown. */
async function allOrNone(others: AbortController, tasks: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(tasks.map((task) => task.catch((error: unknown) => fail(others, error))));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}

function fail(others: AbortController, error: unknown): never {
  others.abort();
  throw error;
}

async function reportProgress(
  ledger: SentLedger,
  evidence: EvidenceLog,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    await sleep(10_000, signal);
    if (signal.aborted) return;
    const faults = evidence.list().map(({ kind, hits }) => `${hits} ${kind}`);
    say(
      `${Math.round((performance.now() - startedAt) / 1_000)} s: ${ledger.size} events sent; hits: ${faults.join(', ') || 'none'}`,
    );
  }
}
