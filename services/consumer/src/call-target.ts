import { type Effect, targetHashOf } from '@millrace/ledger';
import type {
  AnyCall,
  CallOutcome,
  Failover,
  ResourceReader,
  ToolCall,
  ToolCaller,
  ToolKnowledge,
  ToolLister,
  Tried,
} from '@millrace/mcp-client';
import type { Guarantee, ToolTarget } from '@millrace/routing';
import { serversOf } from './believe-hints.js';
import type { Delivering } from './deliver.js';
import type { DeliveryPlan } from './plan.js';

/** What a consumer calls tools with. */
export interface ConsumerTools extends ToolCaller, Partial<ToolKnowledge & ToolLister & ResourceReader> {
  /** As `callAny` of the MCP client. Without it, only the preferred of several servers is called. */
  callAny?(call: AnyCall, signal: AbortSignal): Promise<readonly Tried[]>;
}

/** One call of a delivery, for whichever server will take it. */
export interface TargetCall {
  readonly effect: Effect;
  readonly target: ToolTarget;
  readonly plan: Pick<DeliveryPlan, 'lastCalled' | 'input'>;
  readonly guarantee: Guarantee;
  readonly isReadOnly: boolean;
  readonly call: Omit<ToolCall, 'server' | 'tool' | 'arguments' | 'beforeSend'>;
  /** Records the effect before it goes out; undefined where nothing is recorded. */
  readonly record: ((effect: Effect) => Promise<boolean>) | undefined;
}

/** What came of it; `called` is the effect at the server whose answer counts. */
export interface CalledTarget {
  readonly called: Effect;
  readonly outcome: CallOutcome;
}

/** Calls the tool on one of the servers that may be asked; never rejects. */
export async function callTarget(
  { effect, target, plan, guarantee, isReadOnly, call, record }: TargetCall,
  { tools, noteCall }: Pick<Delivering, 'tools' | 'noteCall'>,
  signal: AbortSignal,
): Promise<CalledTarget> {
  const servers = serversLeft(effect, target, plan, isReadOnly);
  const { tool, arguments: args } = effect.target;
  const [server = effect.target.server, ...others] = servers;
  if (others.length === 0 || tools.callAny === undefined) {
    const aimed = aimAt(effect, server);
    const beforeSend = record === undefined ? {} : { beforeSend: () => record(aimed) };
    const outcome = await tools.call({ ...call, server, tool, arguments: args, ...beforeSend }, signal);
    noteCall(aimed.target, outcome);
    return { called: aimed, outcome };
  }
  const beforeSend = record === undefined ? {} : { beforeSend: (name: string) => record(aimAt(effect, name)) };
  const { hedge } = target;
  const tried = await tools.callAny(
    {
      ...call,
      servers,
      tool,
      arguments: args,
      failover: failoverOf(guarantee, isReadOnly),
      ...(hedge === undefined ? {} : { hedge }),
      ...beforeSend,
    },
    signal,
  );
  const last = tried.at(-1);
  if (last === undefined) throw new Error('callAny asked nobody');
  for (const { server: asked, outcome } of tried) noteCall(aimAt(effect, asked).target, outcome);
  return { called: aimAt(effect, last.server), outcome: last.outcome };
}

/**
 * The servers that may still be asked. A call whose outcome is not known belongs to its server: no key is known to two of
 * them, so another would do it a second time. A tool that only reads may be asked anywhere, elsewhere first.
 */
function serversLeft(
  { target: recorded }: Effect,
  target: ToolTarget,
  { lastCalled, input }: Pick<DeliveryPlan, 'lastCalled' | 'input'>,
  isReadOnly: boolean,
): readonly string[] {
  // Whoever has asked is told the answer.
  if (input !== undefined) return [input.asks.server];
  const all = serversOf(target);
  // What is recorded was rendered for another tool, under another routes file: it goes where it was meant to go.
  if (recorded.tool !== target.tool || !all.includes(recorded.server)) return [recorded.server];
  if (lastCalled === undefined || lastCalled.isOver) return all;
  const others = all.filter((server) => server !== lastCalled.server);
  return isReadOnly ? [...others, lastCalled.server] : [lastCalled.server];
}

function failoverOf(guarantee: Guarantee, isReadOnly: boolean): Failover {
  if (guarantee === 'at-most-once') return 'not-sent';
  return isReadOnly ? 'any' : 'not-done';
}

function aimAt(effect: Effect, server: string): Effect {
  if (server === effect.target.server) return effect;
  const target = { ...effect.target, server };
  return { ...effect, target, targetHash: targetHashOf(target) };
}
