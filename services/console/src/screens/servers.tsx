import type { JSX } from 'preact';
import { listServers, type Server } from '../api/fleet';
import { useLive } from '../live/use-live';
import { countOf, formatCount } from '../parts/format';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { PauseSwitch } from '../parts/pause-switch';
import { StateBadge } from '../parts/state-badge';
import { linkToServer } from '../shell/place';
import { ServerGlance } from './servers/server-glance';
import { ServerHealth } from './servers/server-health';

const EVERY_MS = 2_000;

/** The MCP servers, as the consumers see them. */
export function Servers(): JSX.Element {
  const { value, refusal, refresh } = useLive(listServers, EVERY_MS, []);
  return (
    <>
      <PageHead title="Servers">and their tools, as the consumers that are alive see them</PageHead>
      <div class="stack">
        <RefusalNotice refusal={refusal} />
        {value === undefined && refusal === undefined && <Waiting />}
        {value !== undefined && value.items.length === 0 && (
          <div class="card">
            <Empty
              icon="servers"
              title="No consumer reports a server"
              command="npm run millrace -- tools list --config config"
            >
              Servers are named in <code>config/servers.yaml</code>, and consumers tell here how they fare. Without a
              consumer nobody does.
            </Empty>
          </div>
        )}
        {value !== undefined && value.items.length > 0 && <ServerGlance servers={value.items} />}
        <div class="cards">
          {value?.items.map((server) => (
            <ServerCard key={server.name} server={server} onChanged={refresh} />
          ))}
        </div>
      </div>
    </>
  );
}

function ServerCard({ server, onChanged }: { server: Server; onChanged: () => void }): JSX.Element {
  const { name, breaker, calls, paused, consumers } = server;
  return (
    <section class="card stack" aria-label={name}>
      <div class="row">
        <h2>
          <a href={linkToServer(name)}>{name}</a>
        </h2>
        {paused === undefined ? <ServerHealth breaker={breaker} /> : <StateBadge state="paused" />}
        <span class="row-end quiet">{countOf(calls, 'call')} under way</span>
      </div>
      {breaker === 'open' && (
        <p class="quiet">
          It failed too often. It is asked again after a pause, and deliveries to it wait meanwhile without using up an
          attempt.
        </p>
      )}
      <table>
        <thead>
          <tr>
            <th>Consumer</th>
            <th>Sees it as</th>
            <th class="number">Calls</th>
          </tr>
        </thead>
        <tbody>
          {consumers.map((one) => (
            <tr key={one.consumer}>
              <td class="code break">{one.consumer}</td>
              <td>
                <ServerHealth breaker={one.breaker} />
              </td>
              <td class="number">{formatCount(one.calls)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <PauseSwitch kind="servers" name={name} paused={paused} onChanged={onChanged} />
    </section>
  );
}
