import type { JSX } from 'preact';
import { type Context, listContexts } from '../api/contexts';
import { ListFoot } from '../parts/list-foot';
import { ListHead } from '../parts/list-head';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { Time } from '../parts/time';
import { usePages } from '../parts/use-pages';
import { linkToContext } from '../shell/place';

const EVERY_MS = 5_000;
const PAGE = 100;

/** What agents remember, by what its events belong together. */
export function Contexts(): JSX.Element {
  const contexts = usePages<Context>(
    (cursor, signal) => listContexts({ limit: PAGE, cursor }, signal),
    ({ id }) => id,
    { everyMs: EVERY_MS },
    [],
  );
  const items = contexts.value?.items;
  return (
    <>
      <PageHead title="Memory">what agents remember of earlier events, the last to be forgotten first</PageHead>
      <div class="stack">
        <RefusalNotice refusal={contexts.refusal} />
        {items === undefined && contexts.refusal === undefined && <Waiting />}
        {items?.length === 0 && (
          <div class="card">
            <Empty icon="memory" title="No agent remembers anything">
              An agent whose route says <code>context: subject</code> is shown what earlier events of the same subject
              have left. What that is can be seen here, and forgotten.
            </Empty>
          </div>
        )}
        {items !== undefined && items.length > 0 && (
          <section class="card" data-flush aria-label="Contexts" ref={contexts.region}>
            <ListHead pages={contexts} />
            <div class="table-scroll">
              <table data-folds>
                <thead>
                  <tr>
                    <th>Context</th>
                    <th>Route</th>
                    <th>Last changed</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((context) => (
                    <ContextRow key={context.id} context={context} />
                  ))}
                </tbody>
              </table>
            </div>
            <ListFoot pages={contexts} one="context" />
          </section>
        )}
      </div>
    </>
  );
}

function ContextRow({ context: { id, route, name, updatedAt } }: { context: Context }): JSX.Element {
  return (
    <tr>
      <td class="break">
        <a href={linkToContext(id)}>{name}</a>
      </td>
      <td data-label="Route" class="code break">
        {route}
      </td>
      <td data-label="Last changed">
        <Time at={updatedAt} />
      </td>
    </tr>
  );
}
