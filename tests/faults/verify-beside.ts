import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Finding, judge } from '@millrace/cli';
import { sleep } from '@millrace/core';
import { loadWrittenProcesses } from '../system/written-processes.ts';
import type { Stage } from './stage.ts';
import { Supervisor } from './supervisor.ts';

const cli = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
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
    const [{ code, out, notes }] = await Promise.all([runCli(stage, plan, processes), trouble()]);
    signal.throwIfAborted();
    // Sending, healing, and coming to rest.
    stage.timing('verify took', performance.now() - startedAt);
    judgeReport(stage, code, out, notes);
  } finally {
    over.abort();
    await writing;
    await supervisor.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function runCli({ system, random, signal }: Stage, { seconds, rate, minHits }: VerifyPlan, processes: string) {
  const seed = Math.floor(random() * 1_000_000);
  const args = ['--duration', `${seconds}s`, '--rate', `${rate}`, '--seed', `${seed}`, '--min-hits', `${minHits}`];
  const witnesses = [...system.clouds.values()].map(({ url }) => url);
  const child = spawn(
    process.execPath,
    [cli, 'verify', ...args, '--processes', processes, '--json', '--witness', ...witnesses],
    {
      env: {
        PATH: process.env.PATH ?? '',
        MILLRACE_URL: system.producerUrl,
        MILLRACE_OPERATOR_URL: system.operator.url,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    },
  );
  const [[code], out, notes] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code: Number(code), out, notes };
}

function judgeReport({ findings, evidence }: Stage, code: number, out: string, notes: string): void {
  if (!out.startsWith('{')) throw new Error(`verify ended with ${code} and said nothing:\n${notes}`);
  const report = JSON.parse(out) as VerifyReport;
  const isValid = report.verdict === true && code === 0;
  findings.push(judge('verify', isValid ? undefined : `says ${String(report.verdict)}, exit ${code}`, false));
  const named = report.routes.flatMap(({ route, findings: own }) =>
    own.map((finding) => ({ ...finding, rule: `verify ${route.name}: ${finding.rule}` })),
  );
  for (const finding of [...named, ...report.run]) if (finding.verdict !== true) findings.push(finding);
  evidence.note(
    ACCEPTED_BY_VERIFY,
    report.routes.reduce((sum, { figures }) => sum + figures.accepted, 0),
  );
}
