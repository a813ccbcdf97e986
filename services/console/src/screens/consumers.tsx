import type { JSX } from 'preact';
import { type Consumer, listConsumers } from '../api/fleet';
import { useLive } from '../live/use-live';
import { countOf, formatCount } from '../parts/format';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { formatDuration } from '../parts/relative-time';
import { StateBadge } from '../parts/state-badge';

const EVERY_MS = 2_000;
/** A consumer reads, if only in vain, several times in this while, in ms. */
const ALIVE_MS = 60_000;

/** Who is in the consumer group, and what each holds. */
export function Consumers(): JSX.Element {
  const { value, refusal } = useLive(listConsumers, EVERY_MS, []);
  return (
    <>
      <PageHead title="Consumers">
        {value !== undefined && `${countOf(value.items.length, 'process', 'processes')} in the group`}
      </PageHead>
      <div class="stack">
        <RefusalNotice refusal={refusal} />
        {value === undefined && refusal === undefined && <Waiting />}
        {value !== undefined && <ConsumerTable consumers={value.items} />}
      </div>
    </>
  );
}

function ConsumerTable({ consumers }: { consumers: readonly Consumer[] }): JSX.Element {
  if (consumers.length === 0) {
    return (
      <div class="card">
        <Empty icon="consumers" title="Nobody carries events out" command="node services/consumer/dist/main.js">
          Events are taken and wait. Start as many consumers as you like; they share the work by themselves. With
          Docker: <code>docker compose up --scale consumer=2</code>.
        </Empty>
      </div>
    );
  }
  return (
    <div class="card" data-flush>
      <div class="table-scroll">
        <table data-folds>
          <thead>
            <tr>
              <th>Consumer</th>
              <th>State</th>
              <th class="number">Entries held</th>
              <th class="number">Last heard of</th>
            </tr>
          </thead>
          <tbody>
            {consumers.map(({ name, pending, idleMs }) => (
              <tr key={name}>
                <td class="code break">{name}</td>
                <td data-label="State">
                  <StateBadge state={idleMs <= ALIVE_MS ? 'alive' : 'silent'} />
                </td>
                <td data-label="Entries held" class="number">
                  {formatCount(pending)}
                </td>
                <td data-label="Last heard of" class="number">
                  {formatDuration(idleMs)} ago
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="list-foot">
        What a silent consumer holds is taken over by another one. Its name is forgotten once it holds nothing.
      </p>
    </div>
  );
}
