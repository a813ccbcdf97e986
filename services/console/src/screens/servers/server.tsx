import type { JSX } from 'preact';
import { listServers, readTools } from '../../api/fleet';
import { useLive } from '../../live/use-live';
import { RefusalNotice, Waiting } from '../../parts/notice';
import { PageHead } from '../../parts/page-head';
import { PauseSwitch } from '../../parts/pause-switch';
import { CallTable } from './call-table';
import { ServerGlance } from './server-glance';
import { ToolTable } from './tool-table';

const EVERY_MS = 2_000;

/** One server: how it is doing, what its tools are, and what it was called with last. */
export function ServerScreen({ name }: { name: string }): JSX.Element {
  const servers = useLive(listServers, EVERY_MS, [name]);
  const tools = useLive((signal) => readTools(name, signal), EVERY_MS, [name]);
  const server = servers.value?.items.find((one) => one.name === name);
  return (
    <>
      <PageHead title={name}>
        <a href="servers">all servers</a>
      </PageHead>
      <div class="stack">
        <RefusalNotice refusal={tools.refusal ?? servers.refusal} />
        {servers.value === undefined && servers.refusal === undefined && <Waiting />}
        {server !== undefined && <ServerGlance servers={[server]} />}
        {server !== undefined && (
          <PauseSwitch kind="servers" name={name} paused={server.paused} onChanged={servers.refresh} />
        )}
        {tools.value !== undefined && <ToolTable known={tools.value} figures={server?.tools ?? []} />}
        {tools.value !== undefined && <CallTable server={name} />}
      </div>
    </>
  );
}
