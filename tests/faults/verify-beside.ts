import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finding, judge } from '@millrace/cli';
import { sleep } from '@millrace/core';
import { type CommandEnd, settingsFor, startCommand } from '../system/command.ts';
import { loadWrittenProcesses } from '../system/written-processes.ts';
import type { Stage } from './stage.ts';
import { Supervisor } from './supervisor.ts';

/** How often it is written down which consumers run, in ms: killed ones are replaced. */
const WRITE_EVERY_MS = 200;

export const ACCEPTED_BY_VERIFY = 'events that verify had accepted';

/** What `millrace verify --json` says, as far as it is looked at here. */
interface VerifyReport {
  readonly verdict: Finding['verdict'];
  readonly routes: readonly {
    readonly route: { readonly name: string };
    readonly findings: readonly Finding[];
    readonly figures: { readonly accepted: number };
  }[];
  readonly run: readonly Finding[];
}

export interface VerifyPlan {
  readonly seconds: number;
  readonly rate: number;
  /** Kills of consumers that have to hit work in flight. */
  readonly minHits: number;
}

/**
 * Runs the real `millrace verify` against the system, which kills consumers and has calls cut off and delayed, while
 * `trouble` does its own; both have ended when it resolves. Its verdict is judged, and with it everything that it found.
 */
export async function verifyBeside(stage: Stage, plan: VerifyPlan, trouble: () => Promise<void>): Promise<void> {
  const { system, signal } = stage;
  const dir = await mkdtemp(join(tmpdir(), 'millrace-beside-'));
  const processes = join(dir, 'processes.json');
  const supervisor = new Supervisor(system, system.runningConsumers.length);
  const over = new AbortController();
  const { rememberProcesses } = await loadWrittenProcesses();
  const write = () => {
    const consumers = system.runningConsumers.map(({ pid }, at) => ({ name: `consumer-${at + 1}`, pid }));
    rememberProcesses(processes, consumers);
  };
  const keepWriting = async () => {
    for (; !over.signal.aborted; await sleep(WRITE_EVERY_MS, over.signal)) write();
  };
  write();
  supervisor.start();
  const writing = keepWriting();
  const startedAt = performance.now();
  try {
    const [end] = await Promise.all([runVerify(stage, plan, processes), trouble()]);
    signal.throwIfAborted();
    // Sending, healing, and coming to rest.
    stage.timing('verify took', performance.now() - startedAt);
    judgeReport(stage, end);
  } finally {
    over.abort();
    await writing;
    await supervisor.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function runVerify(stage: Stage, { seconds, rate, minHits }: VerifyPlan, processes: string) {
  const { system, random } = stage;
  const seed = Math.floor(random() * 1_000_000);
  const args = ['--duration', `${seconds}s`, '--rate', `${rate}`, '--seed', `${seed}`, '--min-hits', `${minHits}`];
  const model = system.modelUrl === undefined ? [] : ['--model', system.modelUrl];
  const witnesses = [...system.clouds.values()].map(({ url }) => url);
  args.push('--processes', processes, '--json', ...model, '--witness', ...witnesses);
  return startCommand(['verify', ...args], settingsFor(system), stage.signal).ended;
}

function judgeReport({ findings, evidence }: Stage, { code, out, notes }: CommandEnd): void {
  if (!out.startsWith('{')) throw new Error(`verify ended with ${code ?? 'a signal'} and said nothing:\n${notes}`);
  const report = JSON.parse(out) as VerifyReport;
  const isValid = report.verdict === true && code === 0;
  findings.push(
    judge('verify', isValid ? undefined : `says ${String(report.verdict)}, exit ${code ?? 'by a signal'}`, false),
  );
  const named = report.routes.flatMap(({ route, findings: own }) =>
    own.map((finding) => ({ ...finding, rule: `verify ${route.name}: ${finding.rule}` })),
  );
  for (const finding of [...named, ...report.run]) if (finding.verdict !== true) findings.push(finding);
  evidence.note(
    ACCEPTED_BY_VERIFY,
    report.routes.reduce((sum, { figures }) => sum + figures.accepted, 0),
  );
}
