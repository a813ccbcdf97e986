import { describeCalls, describeFailure, type EffectView, type FailureView } from '../delivery-text.js';
import { colour, formatTable } from '../terminal.js';
import type { CommandContext } from './context.js';

/** The record of an event, as far as it is shown. */
export interface RecordView {
  readonly ref: string;
  readonly state: string;
  readonly event: { readonly id?: string; readonly type?: string } | null;
  readonly routes: readonly DeliveryView[];
}

interface DeliveryView {
  readonly id: string;
  readonly state: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly error?: FailureView;
  readonly effects?: readonly EffectView[];
  readonly result?: unknown;
  readonly followUps: readonly string[];
  /** Its ref in the partition of its key, where it went on. */
  readonly movedTo?: string;
}

/** A row for each route, what was called along it, why it did not go well, and what can be done about that. */
export function showRecord({ terminal }: CommandContext, { ref, state, event, routes }: RecordView): void {
  terminal.out(`${colour('bold', state)}  ref ${ref}  id ${event?.id ?? '?'}  type ${event?.type ?? '?'}`);
  if (routes.length === 0) {
    if (state === 'done') terminal.note(`no route takes it; why: routes explain ${ref}`);
    return;
  }
  const rows = routes.map((route) => [
    route.id,
    route.state,
    String(route.attempts),
    [route.reason, route.error?.code].filter((part) => part !== undefined).join(' '),
    route.followUps.join(' '),
  ]);
  terminal.out(formatTable([['ROUTE', 'STATE', 'ATTEMPTS', 'WHY', 'FOLLOW-UPS'], ...rows]));
  for (const route of routes) showDelivery(terminal, route);
  const [caused] = routes.flatMap(({ followUps }) => followUps);
  if (caused !== undefined) terminal.note(`what it has caused: events show ${caused}`);
  for (const { id, state: own, movedTo = ref } of routes) {
    if (own === 'dead') terminal.note(`once the cause is mended: dead-letters redrive ${movedTo}.${id}`);
    if (own === 'parked') terminal.note(`somebody is asked: approvals show ${movedTo}.${id}`);
  }
}

function showDelivery({ out }: CommandContext['terminal'], delivery: DeliveryView): void {
  const { id, effects, error, result, movedTo } = delivery;
  const calls = describeCalls(effects, result);
  const isSaid = error === undefined || calls.some((line) => line.endsWith(describeFailure(error)));
  const whereabouts = movedTo === undefined ? [] : [`in the partition of its key, as ${movedTo}`];
  const lines = [...whereabouts, ...calls, ...(isSaid ? [] : [describeFailure(error)])];
  if (lines.length > 0) out([`${id}:`, ...lines].join('\n  '));
}
