import { describeCalls, describeFailure, type EffectView, type FailureView } from '../delivery-text.js';
import { colour } from '../terminal.js';
import type { CommandContext } from './context.js';

/** A dead letter with everything that is kept about it, as far as it is shown. */
export interface WholeDeadLetterView {
  readonly id: string;
  readonly route: string;
  readonly deadAt: string;
  readonly reason?: string;
  readonly attempts: number;
  readonly error?: FailureView;
  readonly effects?: readonly EffectView[];
  readonly event: EventView | null;
}

/** An event as people are shown it beside what became of it. */
export interface EventView {
  readonly id?: string;
  readonly type?: string;
  readonly source?: string;
  readonly data?: unknown;
}

/** Why it died, what was called before, its event, and what can be done. */
export function showDeadLetter(letter: WholeDeadLetterView, { terminal }: CommandContext): void {
  const { id, route, deadAt, reason = 'unknown', attempts, error, effects, event } = letter;
  terminal.out(`${colour('bold', 'dead')}  ${id}`);
  terminal.out(`given up ${deadAt} after ${attempts} attempt(s) along ${route}: ${reason}`);
  if (error !== undefined) terminal.out(`why: ${describeFailure(error)}`);
  for (const line of describeCalls(effects)) terminal.out(line);
  for (const line of describeEvent(event)) terminal.out(line);
  terminal.note(`once the cause is mended: dead-letters redrive ${id}`);
  terminal.note(`or all like it: ${redriveLike(letter)}`);
}

/** The command that redrives everything that died along the same route of the same error. */
export function redriveLike({ route, reason, error }: Pick<WholeDeadLetterView, 'route' | 'reason' | 'error'>): string {
  const cause = error === undefined ? ` --reason ${reason}` : ` --code ${error.code}`;
  return `dead-letters redrive --route ${route}${cause}`;
}

/** What it is, and its data whole. */
export function describeEvent(event: EventView | null): readonly string[] {
  if (event === null) return ['event: cannot be read'];
  const { type, id, source, data } = event;
  return [`event ${type}  id ${id}  source ${source}`, `data ${JSON.stringify(data)}`];
}
