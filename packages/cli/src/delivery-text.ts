/** A call as a record or a dead letter shows it: in `target` where it was journalled, else by its name alone. */
export interface EffectView {
  readonly state?: string;
  readonly server?: string;
  readonly tool?: string;
  readonly target?: { readonly server: string; readonly tool: string; readonly arguments?: unknown };
  readonly durationMs?: number;
  readonly result?: unknown;
  readonly error?: FailureView;
}

/** Why something did not go well. */
export interface FailureView {
  readonly code: string;
  readonly message?: string;
}

/** Of arguments and results so much is shown, in characters; `--json` has all of it. */
const MAX_SHOWN = 200;

/**
 * What was called for a delivery, and how each call ended, a line a call. Steps that call nobody are left out. `result` is that
 * of the delivery: what a call answered of which nothing else is kept.
 */
export function describeCalls(effects: readonly EffectView[] = [], result?: unknown): readonly string[] {
  return effects.flatMap((effect) => {
    const server = effect.target?.server ?? effect.server;
    const tool = effect.target?.tool ?? effect.tool;
    // What an agent or a handler keeps of its own steps stands beside the calls.
    if (server === undefined || server === '-') return [];
    const given = effect.target?.arguments === undefined ? '' : ` ${shorten(effect.target.arguments)}`;
    const isOnly = effects.length === 1 && effect.state === 'done';
    return [`called ${server}/${tool}${given}: ${endOf(isOnly ? { result, ...effect } : effect)}`];
  });
}

function endOf({ state = 'not ended', durationMs, result, error }: EffectView): string {
  const took = durationMs === undefined ? '' : ` in ${durationMs} ms`;
  if (error !== undefined) return `${state}${took}, ${describeFailure(error)}`;
  return result === undefined ? `${state}${took}` : `${state}${took}, answered ${shorten(result)}`;
}

/** In one line, whatever the words of others are. */
export function describeFailure({ code, message = '' }: FailureView): string {
  return [code, message.replace(/\s+/g, ' ')].filter(Boolean).join(': ');
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}
