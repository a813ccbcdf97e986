import { sleep } from '@millrace/core';
import { CliError } from '../errors.js';
import { checkHistory, type Report } from './check.js';
import { EvidenceLog } from './evidence-log.js';
import type { SentEvent } from './history.js';
import { loadUnderFaults, type Notebook } from './load-under-faults.js';
import { ModelReader } from './model-reader.js';
import { discardDeadLetters, listConsumers, listOwnDeadLetters } from './operator-reader.js';
import { CANARIES, requireEvidence, type VerifyPlan } from './plan.js';
import type { ProcessTable } from './process-table.js';
import { createRandom } from './random.js';
import { RecordReader } from './record-reader.js';
import { waitForRest } from './rest.js';
import { Sender } from './sender.js';
import { SentLedger } from './sent-ledger.js';
import type { VerifyParts } from './verify-parts.js';
import { WitnessReader } from './witness-reader.js';

/** How long killed consumers may take to be back, in ms. */
const COMEBACK_MS = 60_000;

/**
 * Sends events, troubles the system, lets it heal, and compares the accounts. However it ends, nothing stays stopped and
 * no rule stays at the mock clouds. Throws `CliError` when the deployment cannot be reached, or the signal aborts.
 */
export async function runVerify(plan: VerifyPlan, parts: VerifyParts, signal: AbortSignal): Promise<Report> {
  const { producer, processes, say } = parts;
  const consumersBefore = processes?.list('consumer').length ?? 0;
  const { witnesses, model } = await reachAll(parts, signal);
  const prefix = `verify-${parts.runId}-`;
  const ledger = new SentLedger(() => performance.now());
  const duplicates = plan.faults.includes('duplicate');
  const sender = new Sender({ producer, ledger, prefix, duplicates, random: createRandom(plan.seed) });
  const notebook = { ledger, evidence: new EvidenceLog(), sender, witnesses, model, prefix };

  await loadUnderFaults(plan, parts, notebook, signal);
  stopIfAborted(signal);
  say(`sent ${ledger.size} events; healing …`);
  if (processes !== undefined) await untilBack(processes, consumersBefore, signal);
  for (const route of plan.routes) {
    for (let sent = 0; sent < CANARIES; sent += 1) await sender.send(route, true, signal);
  }
  say('waiting until everything is at rest …');
  return compareAccounts(plan, parts, notebook, signal);
}

/** Makes sure that everybody answers before anything is done to anybody. */
async function reachAll(
  { producer, operator, witnesses, model }: VerifyParts,
  signal: AbortSignal,
): Promise<Pick<Notebook, 'witnesses' | 'model'>> {
  const { kind } = await producer.exchange({ path: '/livez', signal });
  if (kind !== 'answered') throw new CliError('CLI_UNREACHABLE', `${producer.baseUrl} does not answer`);
  await listConsumers(operator);
  return {
    witnesses: await Promise.all(witnesses.map((client) => WitnessReader.open(client))),
    model: model === undefined ? undefined : await ModelReader.open(model),
  };
}

/** Waits for rest, reads the accounts, and judges them. */
async function compareAccounts(
  plan: VerifyPlan,
  { producer, operator }: VerifyParts,
  { ledger, evidence, witnesses, model, prefix }: Notebook,
  signal: AbortSignal,
): Promise<Report> {
  const sent = ledger.list();
  const records = new RecordReader(producer);
  const restParts = { records, refs: refsOf(sent), operator, witnesses, prefix };
  const { accounts, unrest } = await waitForRest(restParts, plan.drainMs, signal);
  stopIfAborted(signal);
  const deadLetters = await listOwnDeadLetters(operator, prefix, records.firstAcceptedAt);
  const repeats = sent.reduce((sum, { duplicateAnswers }) => sum + duplicateAnswers, 0);
  if (plan.faults.includes('duplicate')) evidence.note('duplicate', repeats, repeats);
  const report = checkHistory({
    routes: plan.routes,
    sent,
    records: records.records,
    deadLetters,
    witnesses: accounts,
    ...(model === undefined ? {} : { model: await model.read(prefix) }),
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

async function untilBack(processes: ProcessTable, count: number, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + COMEBACK_MS;
  while (processes.list('consumer').length < count && performance.now() < giveUpAt && !signal.aborted) {
    await sleep(100, signal);
  }
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new CliError('CLI_UNKNOWN', 'stopped before the end: nothing was proved');
}
