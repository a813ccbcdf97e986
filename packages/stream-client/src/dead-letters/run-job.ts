import { runScript } from '../scripts.js';
import type { Stream } from '../stream.js';
import { type Position, renderPosition } from './dead-letter-index.js';
import type { DeadLetterJob } from './dead-letter-job.js';
import { discardCall, readDeadLetter, redriveCall } from './dead-letters.js';

/** A runner that has not renewed its hold for this long, in ms, is taken for dead: another takes its job over. */
const STALE_MS = 15_000;
/** How long an ended job can be read, in ms: seven days. */
const ENDED_TTL_MS = 7 * 86_400_000;

/** What a runner's step came to. `stopped`: the job was cancelled, or another runner has it; nothing was changed. */
export type JobStep = 'acted' | 'skipped' | 'gone' | 'seen' | 'stopped';

/**
 * Takes hold of a running job, or renews the hold and keeps how far the job has come. `runner` is a name that no other
 * process has. Resolves with `stopped` when the job is not running, or when another runner renewed its hold within the
 * last 15 s. After a crash the job goes on from the place that was kept last; letters are not acted on twice. With `held`
 * all that the job has done is as durable as the deployment promises. Rejects with STREAM_NOT_DURABLE when it is not.
 */
export async function holdJob(
  { writes, keys }: Stream,
  id: string,
  runner: string,
  after?: Position,
): Promise<'held' | 'stopped'> {
  const args = [runner, STALE_MS, after === undefined ? '' : renderPosition(after), 'keep', ''];
  return (await writes.run('hold-job', [keys.job(id)], args)) as 'held' | 'stopped';
}

/** Says in a job what it waits for, and keeps it; the next hold takes that back. Waits for no disk and no replica. */
export async function noteWaiting({ redis, keys }: Stream, id: string, runner: string, why: string): Promise<void> {
  await runScript(redis, 'hold-job', [keys.job(id)], [runner, STALE_MS, '', 'keep', why]);
}

/** Gives a job back unfinished, so that another runner may take it over at once. */
export async function giveBackJob({ redis, keys }: Stream, id: string, runner: string): Promise<void> {
  await runScript(redis, 'hold-job', [keys.job(id)], [runner, STALE_MS, '', 'give-back', '']);
}

/**
 * Does for a job what it does about one letter, and counts it, in one step. Refused unless the runner holds the job and
 * the letter is still the death that was found; a delivery that the job has redriven is not redriven by it again, should
 * it die again. Throws STREAM_UNAVAILABLE when the answer is lost, and STREAM_NOT_DURABLE when it was done and may be
 * lost, with the count: then scan again from the place that was kept last.
 */
export async function actInJob(
  stream: Stream,
  { id, kind }: Pick<DeadLetterJob, 'id' | 'kind'>,
  runner: string,
  { member, deadAt }: Position,
): Promise<JobStep> {
  const { keys, writes } = stream;
  const letter = await readDeadLetter(stream, member, deadAt);
  if (letter === undefined) return 'gone';
  const call = kind === 'redrive' ? redriveCall(stream, member) : discardCall(stream, letter);
  const names = [keys.job(id), keys.dead, keys.record(letter.ref), ...call.keys];
  const script = kind === 'redrive' ? 'job-redrive' : 'job-discard';
  return (await writes.run(script, names, [id, runner, member, deadAt, ...call.args])) as JobStep;
}

/** How a job ends: by its runner, who says how, or by anybody who cancels it. */
export type JobEnd =
  | { readonly state: 'done'; readonly runner: string }
  | { readonly state: 'failed'; readonly runner: string; readonly error: string }
  | { readonly state: 'cancelled' };

/**
 * Ends a running job. Once this resolves with `ended` no letter is touched by it any more, whoever runs it; what it has
 * done stays done. `not-running`: it had ended before, or the runner does not hold it. A cancellation is as durable as
 * what people decide; the end that a runner tells may be lost, and is then told again by the next one.
 */
export async function endJob(stream: Stream, id: string, end: JobEnd): Promise<'ended' | 'not-running'> {
  const { keys, redis, writes } = stream;
  const runner = end.state === 'cancelled' ? '' : end.runner;
  const error = end.state === 'failed' ? end.error : '';
  const args = [id, end.state, runner, error, ENDED_TTL_MS];
  const names = [keys.runningJob, keys.job(id)];
  const ending =
    end.state === 'cancelled' ? writes.run('end-job', names, args) : runScript(redis, 'end-job', names, args);
  return (await ending) as 'ended' | 'not-running';
}
