import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Left, type PartitionsNow, readPartitions } from '../../api/partitions';
import type { PartitionFacts } from '../../api/system';
import { useLive } from '../../live/use-live';
import { Button } from '../../parts/button';
import { countOf, formatCount } from '../../parts/format';
import { Notice, RefusalNotice } from '../../parts/notice';
import { formatDuration } from '../../parts/relative-time';
import { MorePartitions } from './more-partitions';

const EVERY_MS = 3_000;

/** The streams that the events are spread over: how those with the most to do stand, and the way to have more of them. */
export function Partitions({ busiest }: { busiest: readonly PartitionFacts[] }): JSX.Element {
  const { value: now, refusal, refresh } = useLive(readPartitions, EVERY_MS, []);
  const [isAsking, setAsking] = useState(false);
  return (
    <section class="card" data-flush aria-label="Partitions">
      <div class="card-head">
        <h2>Partitions</h2>
        <span class="quiet">{now !== undefined && describe(now.partitions)}</span>
        {now?.state === 'settled' && (
          <span class="row-end">
            <Button size="small" steers onClick={() => setAsking(true)}>
              Have more …
            </Button>
          </span>
        )}
      </div>
      <RefusalNotice refusal={now === undefined ? refusal : undefined} />
      {now !== undefined && <Change now={now} />}
      <PartitionTable busiest={busiest} />
      {isAsking && now !== undefined && (
        <MorePartitions
          now={now.partitions}
          onClose={() => {
            setAsking(false);
            refresh();
          }}
        />
      )}
    </section>
  );
}

function describe(count: number): string {
  return count === 1
    ? 'one stream takes all events'
    : `${formatCount(count)} streams share the events, by their partition key`;
}

/** What is left from before their number was changed; nothing where it was not. */
function Change({ now: { state, left } }: { now: PartitionsNow }): JSX.Element | null {
  if (state === 'settled') return null;
  if (state === 'preparing')
    return (
      <Notice tone="idle">Their number is being changed. New events go on to the old ones until that is done.</Notice>
    );
  return (
    <Notice tone={left.deadLetters > 0 ? 'warn' : 'idle'}>
      New events go by the new number. Left from before: {describeLeft(left)}. It is worked on where it is
      {left.deadLetters > 0 && (
        <>
          ; the <a href="dead-letters">dead letters</a> stay until somebody redrives them or gives them up
        </>
      )}
      .
    </Notice>
  );
}

function describeLeft({ unread, held, waiting, deadLetters, isExact }: Left): string {
  const counts = `${formatCount(unread)} not yet read, ${formatCount(held)} in hand, ${formatCount(waiting)} waiting, ${countOf(deadLetters, 'dead letter')}`;
  return isExact ? counts : `${counts}, and more than was looked at`;
}

function PartitionTable({ busiest }: { busiest: readonly PartitionFacts[] }): JSX.Element {
  return (
    <div class="table-scroll">
      <table data-folds>
        <thead>
          <tr>
            <th>Partition</th>
            <th class="number">Unfinished</th>
            <th class="number">Not yet read</th>
            <th class="number">In hand</th>
            <th class="number">Waiting to retry</th>
            <th class="number">Dead letters</th>
            <th class="number">Longest in hand</th>
          </tr>
        </thead>
        <tbody>
          {busiest.map(({ partition, backlog, lag, pending, retrying, deadLetters, oldestPendingAgeMs }) => (
            <tr key={partition}>
              <td data-label="Partition" class="code">
                {partition}
              </td>
              <td data-label="Unfinished" class="number">
                {formatCount(backlog)}
              </td>
              <td data-label="Not yet read" class="number">
                {lag === null ? '–' : formatCount(lag)}
              </td>
              <td data-label="In hand" class="number">
                {formatCount(pending)}
              </td>
              <td data-label="Waiting to retry" class="number">
                {formatCount(retrying)}
              </td>
              <td data-label="Dead letters" class="number" data-tone={deadLetters > 0 ? 'bad' : undefined}>
                {formatCount(deadLetters)}
              </td>
              <td data-label="Longest in hand" class="number">
                {pending === 0 ? '–' : formatDuration(oldestPendingAgeMs)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
