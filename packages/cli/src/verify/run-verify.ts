import { sleep } from '@millrace/core';
import { CliError } from '../errors.js';
import type { HttpClient } from '../http-client.js';
import { checkHistory, type Report } from './check.js';
import { EvidenceLog } from './evidence-log.js';
import type { SentEvent } from './history.js';
import { sendLoad } from './load.js';
import { discardDeadLetters, listConsumers, listOwnDeadLetters } from './operator-reader.js';
import { CANARIES, requireEvidence, type VerifyPlan } from './plan.js';
import { troubleProcesses } from './process-faults.js';
import type { ProcessTable } from './process-table.js';
import { createRandom } from './random.js';
import { RecordReader } from './record-reader.js';
import { waitForRest } from './rest.js';
import { Sender } from './sender.js';
import { SentLedger } from './sent-ledger.js';
import { healTools, troubleTools } from './tool-faults.js';
import { WitnessReader } from './witness-reader.js';

/** How long killed consumers may take to be back, in ms. */
const COMEBACK_MS = 60_000;

/** What a run works with. */
export interface VerifyParts {
  readonly producer: HttpClient;
  readonly operator: HttpClient;
  readonly witnesses: readonly HttpClient[];
  /** Undefined where no process may be touched. */
  readonly processes: ProcessTable | undefined;
  /** Unlike that of any run before: events of earlier runs are no repeats of these. */
  readonly runId: string;
  readonly say: (line: string) => void;
}

/**
 * Sends events, troubles the system, lets it heal, and compares the accounts. However it ends, nothing stays stopped and
 * no rule stays at the mock clouds. Throws `CliError` when the deployment cannot be reached, or the signal aborts.
 */
export async function runVerify(plan: VerifyPlan, parts: VerifyParts, signal: AbortSignal): Promise<Report> {
  const { producer, operator, processes, say } = parts;
  const prefix = `verify-${parts.runId}-`;
  await producer.exchange({ path: '/livez', signal }).then(({ kind }) => {
    if (kind !== 'answered') throw new CliError('CLI_UNREACHABLE', `${producer.baseUrl} does not answer`);
  });
  await listConsumers(operator);
  const witnesses = await Promise.all(parts.witnesses.map((client) => WitnessReader.open(client)));
  const consumersBefore = processes?.list('consumer').length ?? 0;

  const ledger = new SentLedger(() => performance.now());
  const evidence = new EvidenceLog();
  const duplicates = plan.faults.includes('duplicate');
  const sender = new Sender({ producer, ledger, prefix, duplicates, random: createRandom(plan.seed) });
  const toolFaults = { routes: plan.routes, witnesses, prefix, evidence, random: createRandom(plan.seed + 1) };

  // Faults end with the load, and whatever fails takes everything else down with it.
  const trouble = new AbortController();
  const during = AbortSignal.any([signal, trouble.signal]);
  try {
    const load = sendLoad(plan, (route) => sender.send(route, false, during), createRandom(plan.seed + 2), during);
    await allOrNone(trouble, [
      load.finally(() => trouble.abort()),
      troubleTools({ cut: plan.faults.includes('cut'), delay: plan.faults.includes('delay') }, toolFaults, during),
      processes === undefined
        ? Promise.resolve()
        : troubleProcesses(
            { kill: plan.faults.includes('kill'), freeze: plan.faults.includes('freeze') },
            plan.durationMs,
            {
              processes,
              operator,
              evidence,
              random: createRandom(plan.seed + 3),
              longestWaitMs: () => ledger.longestWaitMs(),
            },
            during,
          ),
      reportProgress(ledger, evidence, say, during),
    ]);
  } finally {
    processes?.resumeAll();
    await healTools(toolFaults);
  }
  stopIfAborted(signal);
  say(`sent ${ledger.size} events; healing …`);
  if (processes !== undefined) await untilBack(processes, consumersBefore, signal);
  for (const route of plan.routes) {
    for (let sent = 0; sent < CANARIES; sent += 1) await sender.send(route, true, signal);
  }

  say('waiting until everything is at rest …');
  const sent = ledger.list();
  const records = new RecordReader(producer);
  const restParts = { records, refs: refsOf(sent), operator, witnesses, prefix };
  const { accounts, unrest } = await waitForRest(restParts, plan.drainMs, signal);
  stopIfAborted(signal);
  const deadLetters = await listOwnDeadLetters(operator, prefix, records.firstAcceptedAt);
  const repeats = sent.reduce((sum, { duplicateAnswers }) => sum + duplicateAnswers, 0);
  if (duplicates) evidence.note('duplicate', repeats, repeats);
  const report = checkHistory({
    routes: plan.routes,
    sent,
    records: records.records,
    deadLetters,
    witnesses: accounts,
    faults: evidence.list(),
    unrest,
    required: requireEvidence(plan),
  });
  if (report.verdict === true && !plan.keep) await discardDeadLetters(operator, deadLetters);
  return report;
}

/** The first ref of every accepted event. */
function refsOf(sent: readonly SentEvent[]): ReadonlyMap<string, string> {
  return new Map(sent.flatMap(({ id, refs: [ref] }) => (ref === undefined ? [] : [[id, ref] as const])));
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

async function untilBack(processes: ProcessTable, count: number, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + COMEBACK_MS;
  while (processes.list('consumer').length < count && performance.now() < giveUpAt && !signal.aborted) {
    await sleep(100, signal);
  }
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

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new CliError('CLI_UNKNOWN', 'stopped before the end: nothing was proved');
}
