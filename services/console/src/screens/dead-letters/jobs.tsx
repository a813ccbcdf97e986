import type { JSX } from 'preact';
import { cancelJob, type Job, type JobKind, listJobs } from '../../api/dead-letters';
import { useAction } from '../../live/use-action';
import { useLive } from '../../live/use-live';
import { useStill } from '../../live/use-still';
import { Button } from '../../parts/button';
import { countOf, formatCount } from '../../parts/format';
import { ActionNotice } from '../../parts/notice';
import { StateBadge } from '../../parts/state-badge';
import { Time } from '../../parts/time';

const EVERY_MS = 1_000;
/** Jobs that ended longer ago than this, in ms, are found in the audit list. */
const SHOWN_MS = 10 * 60_000;

type KnownJob = Job & { readonly kind: JobKind };

/** The jobs that run, and those that ended a moment ago. Nothing where there is none. */
export function Jobs(): JSX.Element | null {
  const { value, refresh } = useLive(readJobs, EVERY_MS, []);
  const { region, items: jobs = [] } = useStill(value, ({ job }) => job);
  if (jobs.length === 0) return null;
  return (
    <section class="card" data-flush aria-label="Jobs" ref={region}>
      {jobs.map((job) => (
        <JobRow key={job.job} job={job} onChanged={refresh} />
      ))}
    </section>
  );
}

function JobRow({ job, onChanged }: { job: KnownJob; onChanged: () => void }): JSX.Element {
  const { kind, state, filter, rate, matched, skipped, startedAt, finishedAt, error } = job;
  const acted = job.redriven ?? job.discarded ?? 0;
  const percent = matched === 0 ? 100 : Math.min(100, Math.round((100 * (acted + skipped)) / matched));
  const action = useAction();
  const cancel = () =>
    action.run(async () => {
      await cancelJob(kind, job.job);
      onChanged();
      return 'Cancelled. What was sent round stays sent.';
    });
  const verb = kind === 'redrives' ? 'redriven' : 'given up';
  return (
    <div class="job">
      <div class="row">
        <StateBadge state={state} />
        <strong>
          {formatCount(acted)} of {formatCount(matched)} {verb}
        </strong>
        {skipped > 0 && <span class="quiet">{countOf(skipped, 'was', 'were')} gone already</span>}
        <span class="quiet">
          {describeFilter(filter)}, {formatCount(rate)} a second, {finishedAt === undefined ? 'since' : 'ended'}{' '}
          <Time at={finishedAt ?? startedAt} />
        </span>
        {state === 'running' && (
          <span class="row-end">
            <Button size="small" steers disabled={action.isBusy} onClick={cancel}>
              Cancel
            </Button>
          </span>
        )}
      </div>
      <div
        class="progress"
        role="progressbar"
        aria-label={`Deliveries ${verb}`}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <div style={{ width: `${percent}%` }} />
      </div>
      {error !== undefined && <p class="quiet">{error}</p>}
      <ActionNotice action={action} />
    </div>
  );
}

async function readJobs(signal: AbortSignal): Promise<readonly KnownJob[]> {
  const kinds = ['redrives', 'purges'] as const;
  const lists = await Promise.all(
    kinds.map(async (kind) => (await listJobs(kind, signal)).map((job) => ({ ...job, kind }))),
  );
  return lists
    .flat()
    .filter(({ finishedAt }) => finishedAt === undefined || Date.now() - Date.parse(finishedAt) < SHOWN_MS)
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
    .slice(0, 5);
}

function describeFilter(filter: Job['filter']): string {
  const conditions = Object.entries(filter).map(([name, value]) => `${name} ${value}`);
  return conditions.length === 0 ? 'all dead letters' : conditions.join(', ');
}
