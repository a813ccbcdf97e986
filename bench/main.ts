// The benchmark suite. `npm run bench -- --help` says what it takes.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comeOneByOne } from './p1-one-event-per-post.ts';
import { comeInBatches } from './p2-batches.ts';
import { consumeNoOp } from './p3-no-op.ts';
import { callTools } from './p4-tool-calls.ts';
import { arriveSoon } from './p6-latency.ts';
import { scaleOut } from './p7-scaling.ts';
import { holdBacklog } from './p8-backlog.ts';
import { leaveNothing } from './p9-growth.ts';
import { start } from './p10-start.ts';
import { LEVELS, startRedis } from './processes/redis-level.ts';
import type { Comparison, Scope } from './suite/comparison.ts';
import { describeMachine, renderMachine } from './suite/machine.ts';
import { type Run, renderMarkdown } from './suite/markdown.ts';
import { renderSummary } from './suite/report.ts';
import { runComparison } from './suite/run-comparison.ts';
import { type Summary, summarise } from './suite/summary.ts';

const HELP = `Measures Millrace beside those one would take instead, in one run and in turns.

  npm run bench                      everything; about half an hour
  npm run bench -- --only P1,P4      these alone; 'P1 fsync' for one level of durability
  npm run bench -- --quick           small and short: shows that something broke, not how fast it is
  npm run bench -- --rounds 7        measurements of each contender; default 5, with --quick 2
  npm run bench -- --within 60       begins nothing more after so many seconds
  npm run bench -- --json FILE       writes every figure
  npm run bench -- --table FILE      measures nothing: writes the bars of an earlier run as a table into docs/performance.md

Exit code 0: every bar was reached. 1: one was not. 2: something could not be measured.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    within: { type: 'string', default: 'Infinity' },
    json: { type: 'string' },
    table: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

if (values.table !== undefined) {
  writeTable(JSON.parse(readFileSync(values.table, 'utf8')) as Run);
  process.exit(0);
}

// Ending through `exit` takes along what was started.
process.setMaxListeners(0);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const scope: Scope = {
  quick: values.quick,
  levels: values.quick ? ['fsync'] : LEVELS,
  rounds: Number(values.rounds ?? (values.quick ? 2 : 5)),
  loadMs: values.quick ? 600 : 3_000,
};
const all: readonly Comparison[] = [
  ...comeOneByOne(scope),
  ...comeInBatches(scope),
  ...consumeNoOp(scope),
  ...callTools(scope),
  ...arriveSoon(scope),
  ...scaleOut(scope),
  ...holdBacklog(scope),
  ...leaveNothing(scope),
  ...start(scope),
];
const wanted = values.only?.split(',').map((one) => one.trim());
const chosen = all.filter(({ id }) => wanted?.some((one) => id === one || id.startsWith(`${one} `)) ?? true);
if (chosen.length === 0) {
  process.stderr.write(`nothing is called ${values.only}; there are ${all.map(({ id }) => id).join(', ')}\n`);
  process.exit(2);
}

const probe = await startRedis('memory');
const redisVersion = /^redis_version:(\S+)/m.exec(await probe.redis.info('server'))?.[1] ?? 'unknown';
await probe.stop();
const machine = describeMachine(redisVersion);
process.stdout.write(`${renderMachine(machine)}\n`);

const summaries: Summary[] = [];
const beginUntil = performance.now() + Number(values.within) * 1_000;
for (const comparison of chosen) {
  if (performance.now() > beginUntil) {
    process.stdout.write(`\n${comparison.id}  not begun: the time is up\n`);
    continue;
  }
  const summary = await measure(comparison);
  process.stdout.write(`${renderSummary(summary)}\n`);
  summaries.push(summary);
  // Written as it goes: a run that is cut short is not lost.
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ machine, scope, summaries }, null, 2)}\n`);
}
const failed = summaries.filter(({ error }) => error !== undefined);
const missed = summaries.flatMap(({ verdicts }) => verdicts).filter(({ ok }) => !ok);
process.stdout.write(`\n${missed.length} bar(s) not reached, ${failed.length} comparison(s) not measured\n`);
process.exit(failed.length > 0 ? 2 : missed.length > 0 ? 1 : 0);

async function measure(comparison: Comparison): Promise<Summary> {
  try {
    return summarise(await runComparison(comparison, comparison.rounds ?? scope.rounds, showStep));
  } catch (error) {
    const { id, title } = comparison;
    const message = error instanceof Error ? error.message : String(error);
    return { id, title, rounds: 0, contenders: {}, verdicts: [], error: message };
  } finally {
    showStep('');
  }
}

/** Puts the table between its two marks. */
function writeTable(run: Run): void {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const path = join(root, 'docs/performance.md');
  const text = readFileSync(path, 'utf8');
  const marks = /(<!-- figures begin.* -->\n)[\s\S]*(\n<!-- figures end -->)/;
  if (!marks.test(text)) throw new Error('docs/performance.md has lost the marks between which the table goes');
  writeFileSync(
    path,
    text.replace(marks, (_all, begin: string, end: string) => `${begin}\n${renderMarkdown(run)}\n${end}`),
  );
  execFileSync(join(root, 'node_modules/.bin/biome'), ['format', '--write', path], { stdio: 'ignore' });
}

/** One line that is written over, on a terminal alone. */
function showStep(step: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${step}`);
}
