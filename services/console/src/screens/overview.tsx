import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Now, Series } from '../api/overview';
import { readOverview } from '../api/overview';
import { lookAtPauses, pauses } from '../live/pauses';
import { standing } from '../live/standing';
import { useLive } from '../live/use-live';
import { useStill } from '../live/use-still';
import { Chart } from '../parts/chart';
import { formatCount, formatRate } from '../parts/format';
import { Empty, Notice, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { PauseSwitch } from '../parts/pause-switch';
import { formatDuration } from '../parts/relative-time';
import { Badge } from '../parts/state-badge';
import { linkToServer } from '../shell/place';
import { Attention } from './overview/attention';
import { ServerHealth } from './servers/server-health';
import { Slowness } from './servers/slowness';

/** The series grows by a value every few seconds; the figures come with the stream. */
const EVERY_MS = 5_000;
const MAX_PAUSES_SHOWN = 20;

/** Whether it keeps its promises, and how fast. */
export function Overview(): JSX.Element {
  const { value, refusal } = useLive(readOverview, EVERY_MS, []);
  const now = standing.value ?? value?.now;
  return (
    <>
      <PageHead title="Overview" />
      <div class="stack">
        <RefusalNotice refusal={now === undefined ? refusal : undefined} />
        {now === undefined ? <Waiting /> : <Figures now={now} />}
        {now !== undefined && <Attention now={now} />}
        {value !== undefined && <History series={value.series} />}
        {now !== undefined && (
          <div class="cards">
            <Promises now={now} />
            <ServersGlance now={now} />
            <Pauses />
          </div>
        )}
      </div>
    </>
  );
}

function Figures({ now }: { now: Now }): JSX.Element {
  return (
    <div class="figures">
      <Figure name="Accepted" value={formatRate(now.acceptedPerSecond)} unit="/s" to="live" />
      <Figure name="Settled" value={formatRate(now.settledPerSecond)} unit="/s" to="live" />
      <Figure name="To settle, p50" value={duration(now.settleP50Ms)} />
      <Figure name="To settle, p99" value={duration(now.settleP99Ms)} />
      <Figure name="Unfinished" value={formatCount(now.backlog)} to="events?state=open" />
      <Figure name="Not yet read" value={now.lag === null ? '–' : formatCount(now.lag)} to="events?state=open" />
      <Figure name="In hand" value={formatCount(now.pending)} to="consumers" />
      <Figure
        name="Waiting to retry"
        value={formatCount(now.retrying)}
        to="events?state=retrying"
        tone={now.retrying > 0 ? 'warn' : ''}
      />
      <Figure
        name="Waiting for you"
        value={formatCount(now.parked)}
        to="approvals"
        tone={now.parked > 0 ? 'asks' : ''}
      />
      <Figure
        name="Dead letters"
        value={formatCount(now.deadLetters)}
        to="dead-letters"
        tone={now.deadLetters > 0 ? 'bad' : ''}
      />
      <Figure
        name="Consumers"
        value={formatCount(now.consumers)}
        to="consumers"
        tone={now.consumers === 0 ? 'bad' : ''}
      />
      <Figure
        name="Unaccounted for"
        value={now.conservation === null ? '–' : formatCount(now.conservation)}
        tone={(now.conservation ?? 0) === 0 ? '' : 'bad'}
      />
    </div>
  );
}

function Figure({
  name,
  value,
  unit,
  to,
  tone,
}: {
  name: string;
  value: string;
  unit?: string;
  to?: string;
  tone?: string;
}): JSX.Element {
  const content = (
    <>
      <span class="figure-label">{name}</span>
      <span class="figure-value">
        {value}
        {unit !== undefined && <span class="figure-unit">{unit}</span>}
      </span>
    </>
  );
  if (to === undefined)
    return (
      <div class="figure" data-tone={tone}>
        {content}
      </div>
    );

  return (
    <a class="figure" data-tone={tone} href={to}>
      {content}
    </a>
  );
}

function History({ series }: { series: Series }): JSX.Element {
  const at = useMemo(() => series.at.map((time) => Date.parse(time) / 1_000), [series]);
  const rates = useMemo(
    () => [
      { name: 'accepted', colour: '--busy', values: series.accepted, isFilled: true },
      { name: 'settled', colour: '--good', values: series.settled },
    ],
    [series],
  );
  const waiting = useMemo(
    () => [
      { name: 'unfinished', colour: '--warn', values: series.backlog, isFilled: true },
      { name: 'dead letters', colour: '--bad', values: series.dead },
    ],
    [series],
  );
  if (at.length < 2) {
    return (
      <div class="card">
        <Empty
          icon="live"
          title="The picture begins now"
          command={`curl -s http://127.0.0.1:8080/v1/events -H 'content-type: application/json' \\\n  -d '{"type":"com.shop.order.created","data":{"orderId":"1001","total":199.5,"sku":"mug","quantity":1}}'`}
        >
          The operator draws what it has seen since it started, the last fifteen minutes of it. Send an event to see it
          come in, with the button above or on the command line:
        </Empty>
      </div>
    );
  }
  return (
    <div class="charts">
      <section class="card">
        <h2>Events a second</h2>
        <Chart label="Events a second" at={at} lines={rates} />
      </section>
      <section class="card">
        <h2>Unfinished and dead</h2>
        <Chart label="Unfinished and dead" at={at} lines={waiting} />
      </section>
    </div>
  );
}

function Promises({ now: { promises, conservation } }: { now: Now }): JSX.Element {
  return (
    <section class="card stack-tight" aria-label="Promises">
      <div class="row">
        <h2>Promises</h2>
        {promises.holds ? (
          <Badge tone="good" icon="done" word="kept" />
        ) : (
          <Badge tone="bad" icon="warn" word="not kept now" />
        )}
      </div>
      {promises.problems.map((problem) => (
        <Notice key={problem} tone="bad">
          {problem}
        </Notice>
      ))}
      <dl class="facts">
        <dt>Durability</dt>
        <dd>
          <code>{promises.durability}</code>
        </dd>
        <dt>Unaccounted for</dt>
        <dd>
          {conservation === null ? 'cannot be told now' : formatCount(conservation)}{' '}
          <span class="quiet">accepted, and neither finished nor found anywhere</span>
        </dd>
      </dl>
    </section>
  );
}

function ServersGlance({ now: { servers } }: { now: Now }): JSX.Element {
  const sorted = Object.entries(servers).sort(([, a], [, b]) => (b.p95Ms ?? -1) - (a.p95Ms ?? -1));
  const slowestMs = Math.max(1, ...sorted.map(([, { p95Ms }]) => p95Ms ?? 0));
  const { region, items = sorted } = useStill(sorted, ([name]) => name);
  return (
    <section class="card stack-tight" aria-label="Servers" ref={region}>
      <div class="row">
        <h2>Servers</h2>
        <span class="quiet">the slowest first</span>
      </div>
      {sorted.length === 0 && <p class="quiet">No consumer reports one.</p>}
      <dl class="facts">
        {items.map(([name, { breaker, p95Ms }]) => (
          <>
            <dt>
              <a href={linkToServer(name)}>{name}</a>
            </dt>
            <dd class="row">
              <ServerHealth breaker={breaker} />
              <span>
                <Slowness ms={p95Ms} slowestMs={slowestMs} /> p95
              </span>
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** What somebody has paused, wherever it was done. Nothing where all runs. */
function Pauses(): JSX.Element | null {
  const paused = pauses.value ?? [];
  if (paused.length === 0) return null;
  return (
    <section class="card stack" aria-label="Paused">
      <h2>Paused</h2>
      {paused.slice(0, MAX_PAUSES_SHOWN).map((one) => (
        <div key={`${one.kind} ${one.name}`} class="stack-tight">
          <h3>
            {one.kind} <span class="code">{one.name}</span>
          </h3>
          <PauseSwitch kind={`${one.kind}s`} name={one.name} paused={one} onChanged={lookAtPauses} />
        </div>
      ))}
    </section>
  );
}

function duration(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}
