import { describeError, sleep } from '@millrace/core';
import type { Logger } from '@millrace/runtime';
import {
  actInJob,
  type DeadLetterJob,
  endJob,
  findRunningJob,
  giveBackJob,
  holdJob,
  noteWaiting,
  type Partitions,
  type Position,
  type Stream,
  StreamError,
  scanDeadLetters,
} from '@millrace/stream-client';
import type { Audit } from './audit.js';
import { nameOfJobs } from './job-to-json.js';
import { cancelParts, findJobOfAll } from './partitions/jobs.js';
import { messagesFor } from './redaction/messages.js';
import type { Redaction } from './redaction/redaction.js';

/** How often a runner without a job looks for one that was left behind, in ms. */
const LOOK_EVERY_MS = 2_000;
/** Pause before the next try while Redis does not answer, in ms. */
const RETRY_PAUSE_MS = 1_000;
/** A job's rate is kept over this time, in ms: what is due in it is done at once. */
const ROUND_MS = 100;
/** Partitions in which a job is looked for at the same time. */
const LOOKED_AT_ONCE = 32;
/** One scan of a job: letters found, and letters looked at. */
const SCAN = { maxFound: 200, maxScanned: 1_000 };

/** What a runner is made of. `name` is one that no other process has. */
export interface JobRunnerParts {
  readonly partitions: Partitions;
  readonly audit: Audit;
  readonly logger: Logger;
  readonly name: string;
  readonly redaction: Redaction;
}

/**
 * Runs jobs over dead letters, one at a time: those started here at once, those that another operator left behind within
 * 17 s. While Redis is away, or does not keep what is written as the deployment promises, a job waits and touches no
 * letter; where it can it says so. Stopping gives the job back unfinished; the next operator goes on with it.
 */
export class JobRunner {
  readonly #parts: JobRunnerParts;
  readonly #stopping = new AbortController();
  #woken = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(parts: JobRunnerParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#repeat();
  }

  /** Says that there may be a job to run. */
  wake(): void {
    this.#woken.abort();
  }

  /** Resolves when the letters under way are done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #repeat(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#woken = new AbortController();
      const pauseMs = await this.#lookOnce();
      await sleep(pauseMs, AbortSignal.any([signal, this.#woken.signal]));
    }
  }

  /** Runs the job that is to be run, if there is one, and tells how long to wait before looking again. */
  async #lookOnce(): Promise<number> {
    const { partitions, logger } = this.#parts;
    try {
      const job = await findRunningJob(partitions.home);
      if (job !== undefined) await this.#runOne(job);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      if (!this.#isFailing) logger.warn({ err: error }, 'jobs over dead letters wait for Redis');
      this.#isFailing = true;
      return RETRY_PAUSE_MS;
    }
    if (this.#isFailing) logger.info('jobs over dead letters go on');
    this.#isFailing = false;
    return LOOK_EVERY_MS;
  }

  /** The part at home is held all the while, so that nobody else works at the others, and ends last. */
  async #runOne(job: DeadLetterJob): Promise<void> {
    const { partitions, name, logger } = this.#parts;
    const { home, all } = partitions;
    let end: 'done' | 'stopped' = 'done';
    try {
      if ((await holdJob(home, job.id, name)) === 'stopped') return;
      const others = all.filter((one) => one !== home);
      for (let at = 0; at < others.length && end === 'done'; at += LOOKED_AT_ONCE)
        end = await this.#runParts(others.slice(at, at + LOOKED_AT_ONCE), job.id);
      if (end === 'done') end = await this.#work(home, job);
    } catch (error) {
      if (error instanceof StreamError) {
        await noteWaiting(home, job.id, name, describe(error));
        throw error;
      }
      logger.error({ err: error, jobId: job.id }, 'a job over dead letters failed for a reason nobody planned for');
      await this.#end(job, { state: 'failed', runner: name, error: describe(error) });
      await cancelParts(partitions, job.id);
      return;
    }
    if (end === 'done') await this.#end(job, { state: 'done', runner: name });
    else if (this.#stopping.signal.aborted) await giveBackJob(home, job.id, name);
  }

  /** What the job has in these partitions, where there may be nothing of it: the hold of the whole lasts meanwhile. */
  async #runParts(streams: readonly Stream[], id: string): Promise<'done' | 'stopped'> {
    const { partitions, name } = this.#parts;
    const running = await Promise.all(streams.map(findRunningJob));
    if ((await holdJob(partitions.home, id, name)) === 'stopped') return 'stopped';
    for (const [at, stream] of streams.entries()) {
      const part = running[at];
      if (part?.id === id && (await this.#runPart(stream, part)) === 'stopped') return 'stopped';
    }
    return 'done';
  }

  async #runPart(stream: Stream, part: DeadLetterJob): Promise<'done' | 'stopped'> {
    const { name } = this.#parts;
    if ((await holdJob(stream, part.id, name)) === 'stopped') return 'stopped';
    const end = await this.#work(stream, part);
    if (end === 'done') await endJob(stream, part.id, { state: 'done', runner: name });
    else if (this.#stopping.signal.aborted) await giveBackJob(stream, part.id, name);
    return end;
  }

  async #work(stream: Stream, job: DeadLetterJob): Promise<'done' | 'stopped'> {
    // Who ordered it may steer, and has counted what this finds.
    const messages = messagesFor(this.#parts.redaction.for({ role: 'operator' }));
    let after: Position | undefined = job.after;
    do {
      const scan = await scanDeadLetters(stream, job.filter, { ...SCAN, ...messages, newest: job.newest }, after);
      if ((await this.#actOnAll(stream, job, scan.found)) === 'stopped') return 'stopped';
      after = scan.next;
      // What was looked at in vain counts as come by too.
      if ((await this.#hold(stream, job.id, after)) === 'stopped') return 'stopped';
    } while (after !== undefined);
    return 'done';
  }

  async #actOnAll(stream: Stream, job: DeadLetterJob, found: readonly Position[]): Promise<'done' | 'stopped'> {
    const { name } = this.#parts;
    const { signal } = this.#stopping;
    const size = Math.ceil((job.rate * ROUND_MS) / 1_000);
    for (let at = 0; at < found.length; at += size) {
      if (signal.aborted) return 'stopped';
      const roundEndsAt = performance.now() + (size * 1_000) / job.rate;
      const round = found.slice(at, at + size);
      const steps = await Promise.all(round.map((place) => actInJob(stream, job, name, place)));
      if (steps.includes('stopped')) return 'stopped';
      if ((await this.#hold(stream, job.id, round.at(-1))) === 'stopped') return 'stopped';
      await sleep(Math.max(0, roundEndsAt - performance.now()), signal);
    }
    return signal.aborted ? 'stopped' : 'done';
  }

  /** Keeps how far a part has come, and the hold of the whole. */
  async #hold(stream: Stream, id: string, after: Position | undefined): Promise<'held' | 'stopped'> {
    const { partitions, name } = this.#parts;
    const held = await holdJob(stream, id, name, after);
    return held === 'stopped' || stream === partitions.home ? held : holdJob(partitions.home, id, name);
  }

  async #end(job: DeadLetterJob, end: Parameters<typeof endJob>[2]): Promise<void> {
    const { partitions, audit } = this.#parts;
    if ((await endJob(partitions.home, job.id, end)) === 'not-running') return;
    const { acted } = (await findJobOfAll(partitions, job.id)) ?? job;
    await audit({ action: `${nameOfJobs(job.kind)}.${end.state}`, target: job.id, count: acted });
  }
}

function describe(error: unknown): string {
  const { code, message } = describeError(error);
  return `${code}: ${message}`;
}
