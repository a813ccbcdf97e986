import type { JSX } from 'preact';
import type { Figures, Server } from '../../api/fleet';
import { useStill } from '../../live/use-still';
import { formatCount } from '../../parts/format';
import { formatDuration } from '../../parts/relative-time';
import { StateBadge } from '../../parts/state-badge';
import { linkToServer } from '../../shell/place';
import { ServerHealth } from './server-health';
import { Slowness } from './slowness';

/** A share of failed calls from which on it is shown as broken. */
const MUCH = 0.05;

/** Every server in one row, the slowest first: which is slow, and which fails. */
export function ServerGlance({ servers }: { servers: readonly Server[] }): JSX.Element {
  const slowest = Math.max(1, ...servers.map(({ lastMinute }) => lastMinute.p95Ms ?? 0));
  const sorted = [...servers].sort((a, b) => (b.lastMinute.p95Ms ?? -1) - (a.lastMinute.p95Ms ?? -1));
  const { region, items = sorted } = useStill(sorted, nameOf);
  return (
    <section class="card" data-flush aria-label="The last minute" ref={region}>
      <div class="table-scroll">
        <table data-folds>
          <thead>
            <tr>
              <th>Server</th>
              <th>Health</th>
              <FigureHeads />
              <th class="number">Under way</th>
            </tr>
          </thead>
          <tbody>
            {items.map(({ name, breaker, paused, lastMinute, calls }) => (
              <tr key={name}>
                <td class="code">
                  <a href={linkToServer(name)}>{name}</a>
                </td>
                <td data-label="Health">
                  {paused === undefined ? <ServerHealth breaker={breaker} /> : <StateBadge state="paused" />}
                </td>
                <FigureCells figures={lastMinute} slowestMs={slowest} />
                <td data-label="Under way" class="number">
                  {formatCount(calls)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="list-foot">Calls that ended within the last minute, of all consumers together; the slowest first.</p>
    </section>
  );
}

function nameOf({ name }: Server): string {
  return name;
}

/** The heads of `FigureCells`. */
export function FigureHeads(): JSX.Element {
  return (
    <>
      <th class="number">Calls a minute</th>
      <th class="number">p50</th>
      <th>p95</th>
      <th class="number">p99</th>
      <th class="number">Failed</th>
    </>
  );
}

/** How calls went, a cell a figure; a bar shows how slow they are beside the slowest. */
export function FigureCells({ figures, slowestMs }: { figures: Figures | undefined; slowestMs: number }): JSX.Element {
  const { calls = 0, p50Ms = null, p95Ms = null, p99Ms = null, failedShare = null } = figures ?? {};
  return (
    <>
      <td data-label="Calls a minute" class="number">
        {formatCount(calls)}
      </td>
      <td data-label="p50" class="number">
        {duration(p50Ms)}
      </td>
      <td data-label="p95" class="nowrap">
        <Slowness ms={p95Ms} slowestMs={slowestMs} />
      </td>
      <td data-label="p99" class="number">
        {duration(p99Ms)}
      </td>
      <td
        data-label="Failed"
        class="number"
        data-tone={failedShare !== null && failedShare >= MUCH ? 'bad' : undefined}
      >
        {failedShare === null ? '–' : `${formatShare(failedShare)} %`}
      </td>
    </>
  );
}

function duration(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}

function formatShare(share: number): string {
  return String(Math.round(share * 1_000) / 10);
}
