import type { JSX } from 'preact';
import type { Route, Target } from '../../api/routes';
import { ConfigProblems } from '../../parts/config-problems';
import { Notice } from '../../parts/notice';
import { PauseSwitch } from '../../parts/pause-switch';
import { StateBadge } from '../../parts/state-badge';
import { linkTo } from '../../shell/place';
import { RouteFates } from './route-fates';
import { TryRoute } from './try-route';

/** One route: what it says, what is wrong with it, and what can be done about it. */
export function RouteCard({ route, onChanged }: { route: Route; onChanged: () => void }): JSX.Element {
  const { id, on, target, delivery, announced, lastMinute, paused, problems } = route;
  return (
    <section class="card stack" aria-label={`Route ${id}`}>
      <div class="row">
        <h2 class="break">{id}</h2>
        {paused !== undefined && <StateBadge state="paused" />}
        {delivery !== undefined && <span class="row-end tag">{delivery}</span>}
      </div>
      {problems.length > 0 && (
        <Notice tone="warn">
          <ConfigProblems problems={problems} />
        </Notice>
      )}
      {!announced && (
        <Notice tone="warn">No consumer has announced it: their configuration is another, or none is running.</Notice>
      )}
      {on !== undefined && target !== undefined && <Says route={route} on={on} target={target} />}
      {lastMinute !== undefined && <RouteFates figures={lastMinute} />}
      <div class="row">
        <a href={linkTo('events', { route: id })}>Its events</a>
        <a href={linkTo('dead-letters', { route: id })}>Its dead letters</a>
      </div>
      {target !== undefined && <TryRoute id={id} />}
      <PauseSwitch kind="routes" name={id} paused={paused} onChanged={onChanged} />
    </section>
  );
}

function Says({ route, on, target }: { route: Route; on: NonNullable<Route['on']>; target: Target }): JSX.Element {
  const { when, ordered, line } = route;
  return (
    <dl class="facts">
      <dt>On</dt>
      <dd class="code">{describeFilter(on)}</dd>
      {when !== undefined && (
        <>
          <dt>When</dt>
          <dd class="code">{when}</dd>
        </>
      )}
      <dt>Does</dt>
      <dd class="code">{describeTarget(target)}</dd>
      {ordered !== undefined && (
        <>
          <dt>In order of</dt>
          <dd class="code">{ordered.by}</dd>
        </>
      )}
      <dt>Written</dt>
      <dd>routes.yaml, line {line}</dd>
    </dl>
  );
}

/** `type com.shop.order.created` for the simple filters, JSON for the others. */
function describeFilter(on: NonNullable<Route['on']>): string {
  return isSimple(on)
    ? Object.entries(on)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')
    : JSON.stringify(on);
}

function isSimple(on: Readonly<Record<string, unknown>>): on is Readonly<Record<string, string>> {
  return Object.values(on).every((value) => typeof value === 'string');
}

/** `call aws/risk.score`, `handler handlers/audit.ts`, `agent claude`. */
function describeTarget({ kind, server, equivalents = [], tool, file, model }: Target): string {
  if (server === undefined) return `${kind} ${file ?? model ?? ''}`;
  return `${kind} ${[server, ...equivalents].join(' or ')}/${tool}`;
}
