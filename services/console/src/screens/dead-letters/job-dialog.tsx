import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { countMatches, type DeadLetterFilter, type JobKind, startJob } from '../../api/dead-letters';
import { Refusal } from '../../api/refusal';
import { useAction } from '../../live/use-action';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { countOf } from '../../parts/format';
import { ActionNotice, RefusalNotice } from '../../parts/notice';
import { formatDuration } from '../../parts/relative-time';

/** Letters a second, where nobody says otherwise: as the operator has it. */
const RATE = { redrives: 50, purges: 500 } as const;
const MAX_RATE = 1_000;

/** Counts what a filter matches, and starts a job over exactly that once somebody has confirmed it. */
export function JobDialog({
  kind,
  filter,
  onClose,
}: {
  kind: JobKind;
  filter: DeadLetterFilter;
  onClose: () => void;
}): JSX.Element {
  const { count, refusal } = useCount(kind, filter);
  const [rate, setRate] = useState<number>(RATE[kind]);
  const [typed, setTyped] = useState('');
  const action = useAction();
  const isPurge = kind === 'purges';
  const isConfirmed = count !== undefined && count > 0 && (!isPurge || typed.trim() === String(count));
  const start = (event: Event) => {
    event.preventDefault();
    if (count === undefined || !isConfirmed) return;
    action.run(async () => {
      await startJob(kind, { filter, rate, ...(isPurge ? { expect: count } : {}) });
      onClose();
      return 'Started.';
    });
  };
  return (
    <Dialog title={isPurge ? 'Give up dead letters' : 'Redrive dead letters'} onClose={onClose}>
      <form class="stack" onSubmit={start}>
        <FilterFacts filter={filter} />
        <RefusalNotice refusal={refusal} />
        {refusal === undefined && <p aria-live="polite">{describe(kind, count, rate)}</p>}
        <label class="field">
          <span>Deliveries a second, 1 to {MAX_RATE}</span>
          <input
            type="number"
            min={1}
            max={MAX_RATE}
            required
            value={rate}
            onInput={(event) => setRate(event.currentTarget.valueAsNumber)}
          />
        </label>
        {isPurge && count !== undefined && count > 0 && (
          <label class="field">
            <span>Their events are gone for good. Type {count} to confirm.</span>
            <input inputmode="numeric" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
        )}
        <ActionNotice action={action} />
        <div class="dialog-foot">
          <Button onClick={onClose}>Leave them</Button>
          <Button kind={isPurge ? 'danger' : 'primary'} type="submit" disabled={!isConfirmed || action.isBusy}>
            {isPurge ? 'Give up' : 'Redrive'} {count === undefined ? '' : countOf(count, 'delivery', 'deliveries')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function useCount(kind: JobKind, filter: DeadLetterFilter): { count?: number; refusal?: Refusal } {
  const [state, setState] = useState<{ count?: number; refusal?: Refusal }>({});
  useEffect(() => {
    const ended = new AbortController();
    countMatches(kind, filter, ended.signal).then(
      (count) => setState({ count }),
      (error: unknown) => {
        if (error instanceof Refusal) setState({ refusal: error });
      },
    );
    return () => ended.abort();
  }, []);
  return state;
}

function describe(kind: JobKind, count: number | undefined, rate: number): string {
  if (count === undefined) return 'Counting what matches …';
  if (count === 0) return 'Nothing matches any more.';
  const what = countOf(count, 'delivery matches', 'deliveries match');
  const while_ = Number.isFinite(rate) && rate > 0 ? `, in about ${formatDuration((count / rate) * 1_000)}` : '';
  return kind === 'redrives'
    ? `${what} now, and will be carried out again with the keys of the first time${while_}. What dies meanwhile is not touched.`
    : `${what} now, and will be given up${while_}. What dies meanwhile is not touched.`;
}

function FilterFacts({ filter }: { filter: DeadLetterFilter }): JSX.Element {
  const conditions = Object.entries(filter);
  if (conditions.length === 0) return <p>No condition: all dead letters.</p>;
  return (
    <dl class="facts">
      {conditions.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd class="code">{value}</dd>
        </>
      ))}
    </dl>
  );
}
