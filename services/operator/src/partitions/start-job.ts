import {
  endJob,
  findRunningJob,
  getJob,
  type JobOrder,
  type JobStart,
  newJobId,
  openClock,
  type Partitions,
  type Stream,
  startJob,
} from '@millrace/stream-client';
import { cancelParts, findJobOfAll } from './jobs.js';

/** What of a job's set is in one partition. */
export interface Share {
  /** The latest death that belongs to it, in ms by that partition's clock. */
  readonly newest: number;
  readonly matched: number;
}

/** A job that is not at home after this long, in ms, does not come there any more: whoever was starting it has died. */
const MAX_STARTING_MS = 60_000;
const NOTHING: Share = { newest: 0, matched: 0 };

/**
 * Starts a job that has a part in every partition with letters of its set, all with one id: each part has its own count and
 * its own place, and no step of it touches two partitions. The part at home is the job: it is there in any case, started
 * last, and ended last. `shares` are in the order of the partitions. A start that fails on its way is taken back, and
 * rejects as `startJob` does; what dead starters and cancellers have left anywhere is cleared away.
 */
export async function startParts(
  partitions: Partitions,
  order: Omit<JobOrder, keyof Share>,
  shares: readonly Share[],
): Promise<JobStart> {
  const { all, home } = partitions;
  const running = await findRunningJob(home);
  if (running !== undefined) return { kind: 'busy', jobId: running.id };
  const parts = all.map((stream, at) => ({ stream, ...(shares[at] ?? NOTHING) }));
  const atHome = { stream: home, ...(parts.find(({ stream }) => stream === home) ?? NOTHING) };
  const others = parts.filter(({ stream, matched }) => stream !== home && matched > 0);
  const id = newJobId();
  const start = ({ stream, ...share }: (typeof parts)[number]) => startPart(home, stream, { ...order, ...share }, id);
  if (others.length === 0) return start(atHome);
  const started = await startAll(others, atHome, start).catch(async (error: unknown) => {
    // What cannot be taken back now is cleared away by a job that starts a minute later.
    await cancelParts(partitions, id).catch(() => undefined);
    throw error;
  });
  if (started.kind === 'started') return { kind: 'started', job: (await findJobOfAll(partitions, id)) ?? started.job };
  await cancelParts(partitions, id);
  return started;
}

/** In one order everywhere: of two jobs that start at the same time, one does. */
async function startAll<Part>(
  others: readonly Part[],
  atHome: Part,
  start: (part: Part) => Promise<JobStart>,
): Promise<JobStart> {
  for (const part of others) {
    const started = await start(part);
    if (started.kind === 'busy') return started;
  }
  return start(atHome);
}

async function startPart(home: Stream, stream: Stream, order: JobOrder, id: string): Promise<JobStart> {
  const started = await startJob(stream, order, id);
  if (started.kind === 'started' || !(await isLeftBehind(home, stream, started.jobId))) return started;
  await endJob(stream, started.jobId, { state: 'cancelled' });
  return startJob(stream, order, id);
}

/** Whether a job runs in this partition that nobody will go on with: it has ended at home, or never came there. */
async function isLeftBehind(home: Stream, stream: Stream, id: string): Promise<boolean> {
  const [job, part] = await Promise.all([getJob(home, id), getJob(stream, id)]);
  if (job !== undefined) return job.state !== 'running';
  return part !== undefined && (await openClock(stream)).now() - part.startedAt.getTime() > MAX_STARTING_MS;
}
