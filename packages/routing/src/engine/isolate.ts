// The process in which expressions are evaluated that may loop, grow or backtrack. It holds nothing: no settings, no
// secrets, no connection but the channel to its parent. Ending it costs no more than the expression it was busy with.
import { Worker } from 'node:worker_threads';
import { compileCel, describeCelError } from './cel.ts';
import { EngineError } from './engine-error.ts';
import { type Answer, EVALUATION_LIMIT_MS, type Job } from './isolate-protocol.ts';
import { compileJsonata, messageOf } from './jsonata.ts';

/** Compiled expressions that are kept; more than these are of configurations that a reload has replaced. */
const MAX_COMPILED = 2_000;
/** Slots of the shared memory: when the job under way began, in ms of this process's life plus one; 0 while idle. */
const startedAt = new Int32Array(new SharedArrayBuffer(4));

type Evaluate = (input: unknown) => Promise<string | undefined>;
const compiled = new Map<string, Evaluate>();

process.on('message', (job: Job) => void run(job));
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole group. The parent drains first, and needs this process until it has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

// Nobody else would end an expression that holds this thread once the parent is gone.
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
new Worker(new URL(`./watchdog.${extension}`, import.meta.url), { workerData: startedAt }).once('online', () =>
  process.send?.('ready'),
);

async function run(job: Job): Promise<void> {
  Atomics.store(startedAt, 0, Math.round(performance.now()) + 1);
  const answer = await evaluate(job);
  Atomics.store(startedAt, 0, 0);
  process.send?.(answer);
}

async function evaluate({ language, text, input }: Job): Promise<Answer> {
  try {
    const json = await compile(language, text)(input);
    return { kind: 'value', ...(json === undefined ? {} : { json }) };
  } catch (error) {
    const kind = error instanceof EngineError ? error.kind : 'failed';
    return { kind, message: messageOf(error) };
  }
}

function compile(language: Job['language'], text: string): Evaluate {
  const key = `${language} ${text}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  const made = language === 'cel' ? compileCondition(text) : compileExpression(text);
  compiled.set(key, made);
  return made;
}

function compileExpression(text: string): Evaluate {
  const expression = compileJsonata(text, EVALUATION_LIMIT_MS);
  return (input) => expression.evaluate(input);
}

function compileCondition(text: string): Evaluate {
  const cel = compileCel(text);
  return async (input) => {
    try {
      const value = cel.evaluate(input as { event: unknown });
      // Integers of CEL have no JSON; whoever asked says what it should have been.
      return JSON.stringify(typeof value === 'bigint' ? Number(value) : value);
    } catch (error) {
      throw new EngineError('failed', describeCelError(error), error);
    }
  };
}
