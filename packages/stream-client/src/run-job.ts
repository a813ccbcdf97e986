import { type Position, renderPosition } from './dead-letter-index.js';
import type { DeadLetterJob } from './dead-letter-job.js';
import { discardCall, readDeadLetter, redriveCall } from './dead-letters.js';
import { runScript } from './scripts.js';
import type { Stream } from './stream.js';

/** A runner that has not renewed its hold for this long, in ms, is taken for dead: another takes its job over. */
const STALE_MS = 15_000;
/** How long an ended job can be read, in ms: seven days. */
const ENDED_TTL_MS = 7 * 86_400_000;

/** What a runner's step came to. `stopped`: the job was cancelled, or another runner has it; nothing was changed. */
export type JobStep = 'acted' | 'skipped' | 'gone' | 'seen' | 'stopped';

/**
 * Takes hold of a running job, or renews the hold and keeps how far the job has come. `runner` is a name that no other
 * process has. Resolves with `stopped` when the job is not running, or when another runner renewed its hold within the
 * last 15 s. After a crash the job goes on from the place that was kept last; letters are not acted on twice.
 */
export function holdJob(stream: Stream, id: string, runner: string, after?: Position): Promise<'held' | 'stopped'> {
  return hold(stream, id, runner, 'keep', after);
}

/** Gives a job back unfinished, so that another runner may take it over at once. */
export async function giveBackJob(stream: Stream, id: string, runner: string): Promise<void> {
  await hold(stream, id, runner, 'give-back');
}

async function hold(stream: Stream, id: string, runner: string, intent: 'keep' | 'give-back', after?: Position) {
  const args = [runner, STALE_MS, after === undefined ? '' : renderPosition(after), intent];
  return (await runScript(stream.redis, 'hold-job', [stream.keys.job(id)], args)) as 'held' | 'stopped';
}

/**
 * Does for a job what it does about one letter, and counts it, in one step. Refused unless the runner holds the job and
 * the letter is still the death that was found; a delivery that the job has redriven is not redriven by it again, should
 * it die again. Throws STREAM_UNAVAILABLE when the answer is lost: then scan again from the place that was kept last.
 */
export async function actInJob(
  stream: Stream,
  { id, kind }: Pick<DeadLetterJob, 'id' | 'kind'>,
  runner: string,
  { member, deadAt }: Position,
): Promise<JobStep> {
  const { keys, redis } = stream;
  const letter = await readDeadLetter(stream, member, deadAt);
  if (letter === undefined) return 'gone';
  const call = kind === 'redrive' ? redriveCall(stream, member) : discardCall(stream, letter);
  const names = [keys.job(id), keys.dead, keys.record(letter.ref), ...call.keys];
  const script = kind === 'redrive' ? 'job-redrive' : 'job-discard';
  return (await runScript(redis, script, names, [id, runner, member, deadAt, ...call.args])) as JobStep;
}

/** How a job ends: by its runner, who says how, or by anybody who cancels it. */
export type JobEnd =
  | { readonly state: 'done'; readonly runner: string }
  | { readonly state: 'failed'; readonly runner: string; readonly error: string }
  | { readonly state: 'cancelled' };

/**
 * Ends a running job. Once this resolves with `ended` no letter is touched by it any more, whoever runs it; what it has
 * done stays done. `not-running`: it had ended before, or the runner does not hold it.
 */
export async function endJob(stream: Stream, id: string, end: JobEnd): Promise<'ended' | 'not-running'> {
  const { keys, redis } = stream;
  const runner = end.state === 'cancelled' ? '' : end.runner;
  const error = end.state === 'failed' ? end.error : '';
  const args = [id, end.state, runner, error, ENDED_TTL_MS];
  return (await runScript(redis, 'end-job', [keys.runningJob, keys.job(id)], args)) as 'ended' | 'not-running';
}
