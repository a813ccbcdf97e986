import type { JSX } from 'preact';
import { asModelTurn, type ModelTurn } from '../../api/agent-run';
import { type Called, calledBy, type Effect } from '../../api/effect';
import { formatCount } from '../../parts/format';
import { JsonView } from '../../parts/json-view';
import { formatDuration } from '../../parts/relative-time';
import { StateBadge, type Tone } from '../../parts/state-badge';
import { ArgumentsNow } from './arguments-now';

const TONES: Readonly<Record<string, Tone>> = { done: 'good', sent: 'busy', failed: 'bad', unknown: 'bad' };

interface EffectStepProps {
  readonly effect: Effect;
  /** The delivery that it is a step of, where the whole delivery is one call. */
  readonly only?: { readonly route: string; readonly refOfEvent: string };
}

/** One tool call, or one answer of a model: what went in, what came out, how long it took. */
export function EffectStep({ effect, only }: EffectStepProps): JSX.Element {
  const { step, state, attempt, result, error, durationMs, key } = effect;
  const turn = asModelTurn(result);
  const called = calledBy(effect);
  return (
    <li class="step" data-tone={TONES[state ?? ''] ?? 'idle'}>
      <div class="step-head">
        <strong class="break">{turn === undefined ? nameOf(called, step) : 'Model'}</strong>
        {state !== undefined && <StateBadge state={state} />}
        {durationMs !== undefined && <span class="quiet">{formatDuration(durationMs)}</span>}
        {attempt !== undefined && <span class="quiet">attempt {attempt}</span>}
        {step !== undefined && step !== '0' && <span class="tag code">{step}</span>}
      </div>
      {error !== undefined && (
        <p class="break">
          {error.message} <span class="tag code">{error.code}</span>
        </p>
      )}
      {turn === undefined ? (
        <div class="in-out">
          {called?.arguments !== undefined && <JsonView value={called.arguments} label="Arguments" />}
          {result !== undefined && <JsonView value={result} label="Result" />}
        </div>
      ) : (
        <Turn turn={turn} />
      )}
      {only !== undefined && called !== undefined && called.arguments === undefined && <ArgumentsNow {...only} />}
      {key !== undefined && (
        <details>
          <summary>Idempotency key</summary>
          <code class="break">{key}</code>
        </details>
      )}
    </li>
  );
}

function Turn({ turn: { text, calls, usage, by } }: { turn: ModelTurn }): JSX.Element {
  return (
    <div class="stack-tight">
      {text !== '' && <p class="break">{text}</p>}
      {calls.map(({ name, input }, at) => (
        <JsonView key={`${name}${at}`} value={input} label={`asks for ${name}`} />
      ))}
      <p class="quiet">
        {by !== undefined && `${by}, `}
        {formatCount(usage.input)} tokens in, {formatCount(usage.output)} out
      </p>
    </div>
  );
}

function nameOf(called: Called | undefined, step = ''): string {
  return called === undefined ? `Step ${step}` : `${called.server}/${called.tool}`;
}
