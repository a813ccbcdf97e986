import type { Command } from 'commander';
import { colour, formatTable } from '../terminal.js';
import { addCommand, type CommandContext, operatorOf, type SharedOptions, withOperatorUrl } from './context.js';
import { type Check, showCheck, summarizeChecks } from './found-check.js';

/** What the operator says of the whole. One of an earlier release does not count partitions. */
interface SystemView {
  readonly versions: { readonly millrace: string; readonly node: string; readonly redis: string | null };
  readonly startedAt: string;
  readonly durability: { readonly asked: string; readonly holds: boolean; readonly problems: readonly string[] };
  readonly redis: {
    readonly role: string;
    readonly usedBytes: number;
    readonly maxBytes: number;
    readonly connectedReplicas: number;
    readonly uptimeSeconds: number;
  } | null;
  readonly settings: {
    readonly namespace: string;
    readonly replicas: number;
    readonly identityTtlMs: number;
    readonly recordTtlMs: number;
  };
  readonly partitions?: { readonly count: number; readonly epoch: number };
  readonly checks: readonly Check[];
}

/** `system show`: what runs, what it promises and whether that holds, how Redis is, and what was found wrong. */
export function addSystem(program: Command, context: CommandContext): void {
  const system = program.command('system').description('what runs, and what it promises');
  const show = addCommand(system, 'show', 'versions, the durability in force, memory, partitions, and what is wrong');
  withOperatorUrl(show).action(async (options: SharedOptions) => {
    const answer = await operatorOf(context, options).request({ path: '/v1/system', signal: context.signal });
    if (options.json) return context.terminal.out(answer.text);
    const view = answer.body as SystemView;
    context.terminal.out(formatTable(toRows(view)));
    for (const check of view.checks) if (!check.ok) showCheck(check, context);
    context.terminal.out(`doctor: ${summarizeChecks(view.checks)}`);
  });
}

function toRows({ versions, startedAt, durability, redis, settings, partitions }: SystemView): string[][] {
  const { identityTtlMs, recordTtlMs, namespace } = settings;
  const isKept = durability.holds ? colour('green', 'kept') : colour('red', 'not kept');
  return [
    ['millrace', versions.millrace],
    ['node', versions.node],
    ['redis', redis === null ? colour('red', 'does not answer') : `${versions.redis ?? 'unknown'}, ${redis.role}`],
    ['operator since', startedAt],
    ['durability', [`${durability.asked}, ${isKept}`, ...durability.problems].join('; ')],
    ...(redis === null ? [] : [['memory', memoryOf(redis)]]),
    ...(redis === null ? [] : [['replicas', `${redis.connectedReplicas} connected`]]),
    ...(partitions === undefined ? [] : [['partitions', `${partitions.count}, epoch ${partitions.epoch}`]]),
    ['namespace', namespace],
    ['a duplicate is known', `${hoursOf(identityTtlMs)} after the event is finished`],
    ['a record is kept', `${hoursOf(recordTtlMs)} after the event is finished`],
  ];
}

function memoryOf({ usedBytes, maxBytes }: NonNullable<SystemView['redis']>): string {
  if (maxBytes === 0) return `${mib(usedBytes)} MiB used, no limit`;
  return `${mib(usedBytes)} of ${mib(maxBytes)} MiB used (${Math.round((100 * usedBytes) / maxBytes)} %)`;
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}

/** Lifetimes are set in ms, and meant in hours. */
function hoursOf(ms: number): string {
  return `${Math.round(ms / 36_000) / 100} h`;
}
