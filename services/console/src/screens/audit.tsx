import type { JSX } from 'preact';
import { type Act, listActs } from '../api/fleet';
import { formatCount } from '../parts/format';
import { ListFoot } from '../parts/list-foot';
import { ListHead } from '../parts/list-head';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { Time } from '../parts/time';
import { usePages } from '../parts/use-pages';
import { linkToEvent } from '../shell/place';

const EVERY_MS = 5_000;
/** A ref, with or without the route of a delivery behind it. */
const TARGET = /^([\w-]*?\d{10,}-\d+)(\..+)?$/;

/** What was done here, by whom. */
export function Audit(): JSX.Element {
  const acts = usePages(
    (cursor, signal) => listActs({ limit: 100, cursor }, signal),
    ({ id }) => id,
    { everyMs: EVERY_MS },
    [],
  );
  return (
    <>
      <PageHead title="Audit">what was changed by hand, and from where: the last 1,000 acts</PageHead>
      <div class="stack">
        <RefusalNotice refusal={acts.refusal} />
        {acts.value === undefined && acts.refusal === undefined && <Waiting />}
        {acts.value?.items.length === 0 && (
          <div class="card">
            <Empty icon="audit" title="Nobody has changed anything yet">
              Redriving, giving up, answering and cancelling is listed here, from this console and the command line
              alike.
            </Empty>
          </div>
        )}
        {acts.value !== undefined && acts.value.items.length > 0 && (
          <section class="card" data-flush aria-label="Acts" ref={acts.region}>
            <ListHead pages={acts} />
            <div class="table-scroll">
              <table data-folds>
                <thead>
                  <tr>
                    <th>When</th>
                    <th>Act</th>
                    <th>On</th>
                    <th class="number">Deliveries</th>
                    <th>From</th>
                    <th>Note</th>
                  </tr>
                </thead>
                <tbody>
                  {acts.value.items.map((act) => (
                    <ActRow key={act.id} act={act} />
                  ))}
                </tbody>
              </table>
            </div>
            <ListFoot pages={acts} one="act" />
          </section>
        )}
      </div>
    </>
  );
}

function ActRow({ act: { at, action, target, count, from, note } }: { act: Act }): JSX.Element {
  const ref = TARGET.exec(target)?.[1];
  return (
    <tr>
      <td>
        <Time at={at} />
      </td>
      <td data-label="Act">{action}</td>
      <td data-label="On" class="code break">
        {ref === undefined ? target : <a href={linkToEvent(ref)}>{target}</a>}
      </td>
      <td data-label="Deliveries" class="number">
        {formatCount(count)}
      </td>
      <td data-label="From" class="code">
        {from ?? ''}
      </td>
      <td data-label="Note" class="break">
        {note ?? ''}
      </td>
    </tr>
  );
}
