import type { JSX } from 'preact';
import { listRoutes, type RouteList } from '../api/routes';
import { useLive } from '../live/use-live';
import { ConfigProblems } from '../parts/config-problems';
import { countOf } from '../parts/format';
import { Empty, Notice, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { RouteCard } from './routes/route-card';

const EVERY_MS = 3_000;

/** The routes as they are configured: which events, what is done, and who has paused them. */
export function Routes(): JSX.Element {
  const { value, refusal, refresh } = useLive(listRoutes, EVERY_MS, []);
  return (
    <>
      <PageHead title="Routes">
        {value !== undefined && `${countOf(value.items.length, 'route')}, in the order of the file`}
      </PageHead>
      <div class="stack">
        <RefusalNotice refusal={refusal} />
        {value === undefined && refusal === undefined && <Waiting />}
        {value !== undefined && <Configuration configuration={value.configuration} />}
        {value?.configuration.state === 'read' && value.items.length === 0 && (
          <div class="card">
            <Empty icon="routes" title="There is no route" command="npm run millrace -- routes check">
              Routes are written in <code>config/routes.yaml</code>. Events are accepted without one, and then nothing
              is done about them.
            </Empty>
          </div>
        )}
        <div class="cards">
          {value?.items.map((route) => (
            <RouteCard key={route.id} route={route} onChanged={refresh} />
          ))}
        </div>
      </div>
    </>
  );
}

/** What is wrong with the configuration as a whole; nothing where it is sound. */
function Configuration({ configuration }: { configuration: RouteList['configuration'] }): JSX.Element | null {
  const { state, folder, detail, problems = [] } = configuration;
  if (state === 'absent') {
    return (
      <Notice tone="warn">
        The operator cannot show what the routes say: it {detail}. Below are those that consumers have announced.
      </Notice>
    );
  }
  if (state === 'read') return null;
  return (
    <Notice tone="bad">
      <p>
        What is in <code>{folder}</code> is broken. Consumers refuse it, and go on with what they had.
      </p>
      <ConfigProblems problems={problems} />
    </Notice>
  );
}
