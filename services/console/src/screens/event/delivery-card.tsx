import type { JSX } from 'preact';
import { asAgentRun, isTelling } from '../../api/agent-run';
import type { Effect } from '../../api/effect';
import type { Delivery } from '../../api/events';
import type { Paused } from '../../api/pauses';
import { lookAtPauses, pauses } from '../../live/pauses';
import { countOf } from '../../parts/format';
import { JsonView } from '../../parts/json-view';
import { Notice } from '../../parts/notice';
import { PauseSwitch } from '../../parts/pause-switch';
import { StateBadge } from '../../parts/state-badge';
import { Time } from '../../parts/time';
import { linkToEvent } from '../../shell/place';
import { AgentRun } from './agent-run';
import { DeliveryActs } from './delivery-acts';
import { EffectStep } from './effect-step';

/** What has become of an event along one route, from its first call to what it emitted. */
export function DeliveryCard({
  refOfEvent,
  delivery,
  onChanged,
}: {
  refOfEvent: string;
  delivery: Delivery;
  onChanged: () => void;
}): JSX.Element {
  const { id, state, attempts, starts, nextAt, effects, result, followUps, error, note, resolvedFrom } = delivery;
  const { movedTo } = delivery;
  const ownRef = movedTo ?? refOfEvent;
  const run = asAgentRun(result);
  const steps = run === undefined ? effects : effects.filter(isTelling);
  return (
    <section class="card stack" aria-label={`Route ${id}`}>
      <div class="row">
        <h2 class="break">{id}</h2>
        <StateBadge state={state} />
        <span class="quiet">
          {countOf(attempts, 'attempt')}
          {starts > attempts && state !== 'running' && `, ${countOf(starts, 'start')}`}
        </span>
        {nextAt !== undefined && (
          <span class="quiet">
            {state === 'parked' ? 'expires' : 'next'} <Time at={nextAt} />
          </span>
        )}
      </div>
      {movedTo !== undefined && (
        <p class="row">
          <span class="quiet">It went on in the partition of its key, as</span>
          <a class="code" href={linkToEvent(movedTo)}>
            {movedTo}
          </a>
        </p>
      )}
      {error !== undefined && <Failure delivery={delivery} />}
      {delivery.paused !== undefined && (
        <Notice tone="warn">
          It waits: the {delivery.paused.kind} {delivery.paused.name} is paused. It goes on by itself when somebody
          resumes it.
        </Notice>
      )}
      {delivery.progress !== undefined && state !== 'done' && <Progress progress={delivery.progress} />}
      {state === 'parked' && (
        <Notice tone="warn">
          {delivery.asks?.tool ?? 'A tool'} wants an answer before it goes on. <a href="approvals">Answer it</a>.
        </Notice>
      )}
      {resolvedFrom !== undefined && (
        <Notice tone="good">
          A person declared it done. Before that it was dead: {resolvedFrom}.{note !== undefined && ` “${note}”`}
        </Notice>
      )}
      {run !== undefined && <AgentRun run={run} />}
      {steps.length > 0 && (
        <ol class="timeline" aria-label="Calls">
          {steps.map((effect, at) => (
            <EffectStep
              key={effect.step ?? at}
              effect={effect}
              {...(isOfCallRoute(effect) ? { only: { route: id, refOfEvent: ownRef } } : {})}
            />
          ))}
        </ol>
      )}
      {result !== undefined && run === undefined && effects.every((effect) => effect.result === undefined) && (
        <JsonView value={result} label="Result" />
      )}
      {followUps.length > 0 && (
        <p class="row">
          <span class="quiet">It caused</span>
          {followUps.map((ref) => (
            <a key={ref} class="code" href={linkToEvent(ref)}>
              {ref}
            </a>
          ))}
        </p>
      )}
      <DeliveryActs refOfEvent={ownRef} delivery={delivery} onChanged={onChanged} />
      <PauseSwitch kind="routes" name={id} paused={pauses.value?.find(isOfRoute(id))} onChanged={lookAtPauses} />
    </section>
  );
}

function Progress({
  progress: { progress, total, message, at },
}: {
  progress: NonNullable<Delivery['progress']>;
}): JSX.Element {
  const percent = total === undefined ? undefined : Math.min(100, Math.round((100 * progress) / total));
  return (
    <div class="stack-tight">
      <p>
        {percent === undefined ? `step ${progress}` : `${percent} %`} <span class="quiet break">{message}</span>{' '}
        <Time at={at} />
      </p>
      {percent !== undefined && (
        <div
          class="progress"
          role="progressbar"
          aria-label="How far the call has come"
          aria-valuenow={percent}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <div style={{ width: `${percent}%` }} />
        </div>
      )}
    </div>
  );
}

/** The last failure in words: of a dead delivery as what it is, of one that will be tried again as a delay. */
function Failure({ delivery: { state, error, reason } }: { delivery: Delivery }): JSX.Element | null {
  if (error === undefined || state === 'done') return null;
  return (
    <Notice tone={state === 'dead' ? 'bad' : 'warn'}>
      <p>
        {error.message} <span class="tag code">{error.code}</span>
        {error.class !== undefined && <span class="tag"> {error.class}</span>}
      </p>
      {reason !== undefined && (
        <p>
          Given up: {reason}. {REASONS[reason] ?? ''}
        </p>
      )}
    </Notice>
  );
}

/** The one call of a route that calls a tool; steps of a handler and of an agent have other names. */
function isOfCallRoute({ step }: Effect): boolean {
  return step === '0';
}

function isOfRoute(route: string): (paused: Paused) => boolean {
  return ({ kind, name }) => kind === 'route' && name === route;
}

/** What somebody can do about a reason. */
const REASONS: Readonly<Record<string, string>> = {
  'attempts-exhausted': 'Once the server answers again, redrive it.',
  'outcome-unknown':
    'The call may have had its effect, and nothing tells. Look at the other side; then redrive it, or mark it done.',
  'expression-failed': 'The route’s expression does not fit this event. Mend the route, then redrive it.',
  'given-up': 'What it was given up by says why: it would come to the same again, until that has changed.',
  'approval-expired': 'Nobody answered in time. Redrive it to be asked again.',
};
