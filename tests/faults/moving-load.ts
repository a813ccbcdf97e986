import { type Finding, judge } from '@millrace/cli';
import { compareEntryIds, createKeys, partitionOf } from '@millrace/stream-client';
import type { RecordBody } from '../system/answers.ts';
import type { Cloud } from '../system/mock-cloud.ts';
import { firstOutOfOrder, type InLine, type Line, OrderedLoad, sayIds } from './ordered-load.ts';
import type { Stage } from './stage.ts';

export const MOVING_PARTITIONS = 4;
export const MOVING_EVENTS = 'events in order by their subject';
export const MOVED = 'deliveries that went on in another partition';

/** Of the routes in `config-moving`. */
const TYPE = 'dev.millrace.fault.moving';
const NAMESPACE = 'millrace';
const SUBJECTS = 24;
/** More than there are partitions, so that some of them share one. */
const SENDERS = 6;
const PAUSE_MS = 2_500;
const CALL_MS = 30;
/** Whose calls fail at first, and those of which of its events of each subject. */
const [FAILING_SENDER, FAILING_NTHS] = [1, [1, 4, 7]] as const;
/** Where the effects of each route are seen. */
const SEEN_AT: Readonly<Record<string, Cloud>> = { 'step-by-call': 'azure', 'step-by-handler': 'aws' };
const READERS = 8;

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
export const keysOf = (partition: number) => createKeys(NAMESPACE, `${partition}`);
const homeOf = (partitionkey: string) =>
  partitionOf({ id: '', source: '', attributes: { partitionkey } }, MOVING_PARTITIONS);
const originOf = ({ ref }: Pick<InLine, 'ref'>) => Number(ref.slice(0, ref.indexOf('-')));
const entryOf = ({ ref }: InLine) => ref.slice(ref.indexOf('-') + 1);

/**
 * Starts events of many subjects from senders with keys of their own. Of each of them a rule and a handler make a call, both
 * in order by the subject; some of those calls fail twice.
 */
export async function startMovingLoad(stage: Stage): Promise<OrderedLoad> {
  const lines = linesOf(stage);
  const failing = lines.filter(({ attributes }) => attributes.partitionkey === keyOfSender(FAILING_SENDER));
  const errorsOf = (tool: string) =>
    failing.flatMap(({ name }) =>
      FAILING_NTHS.map((nth) => ({ tool, kind: 'error', eventIdPrefix: `${name}.${nth}`, times: 2 }) as const),
    );
  const delaysOf = (...tools: string[]) => tools.map((tool) => ({ tool, kind: 'delay', delayMs: CALL_MS }) as const);
  await stage.system.setFaults('azure', [...errorsOf('ticket.open'), ...delaysOf('ticket.open', 'card.charge')]);
  await stage.system.setFaults('aws', [...errorsOf('audit.write'), ...delaysOf('audit.write', 'notify.email')]);
  return new OrderedLoad(stage, { lines, pauseMs: PAUSE_MS, type: TYPE });
}

function linesOf({ prefix }: Stage): readonly Line[] {
  return numbers(SENDERS).flatMap((sender) =>
    numbers(SUBJECTS).map((subject) => ({
      name: `step-${prefix}${sender}-${subject}`,
      attributes: { partitionkey: keyOfSender(sender), subject: `subject-${subject}` },
    })),
  );
}

/** Each partition is that of a sender. */
function keyOfSender(sender: number): string {
  const keys = numbers(100).map((nth) => `sender-${sender}-${nth}`);
  return keys.find((key) => homeOf(key) === sender % MOVING_PARTITIONS) ?? '';
}

/** Compares what was accepted with what the tools saw, the records and what is left. Call it when the system is at rest. */
export async function judgeMoving(stage: Stage, load: OrderedLoad): Promise<readonly Finding[]> {
  stage.evidence.note(MOVING_EVENTS, load.accepted.length);
  const findings: Finding[] = [];
  for (const [route, cloud] of Object.entries(SEEN_AT))
    findings.push(...(await load.judge(cloud, route)), await judgeOrder(stage, load, route, cloud));
  return [...findings, ...(await judgeRecords(stage, load)), await judgeLeftOver(stage)];
}

/** What one partition accepted of a subject, whoever sent it, has its first effects in the order of acceptance. */
async function judgeOrder({ system }: Stage, load: OrderedLoad, route: string, cloud: Cloud): Promise<Finding> {
  const effects = await system.firstEffects(cloud);
  const groups = Map.groupBy(load.accepted, (one) => `${one.line.attributes.subject} of partition ${originOf(one)}`);
  const wrong = Array.from(groups.values(), (group) => {
    const inOrder = group.toSorted((one, other) => compareEntryIds(entryOf(one), entryOf(other)));
    return firstOutOfOrder(inOrder, effects);
  });
  return judge(`${route}: in the order of acceptance`, sayIds(wrong.flat()), false);
}

/** Each delivery is done, and it was in the partition of its subject. */
async function judgeRecords({ system, evidence }: Stage, load: OrderedLoad): Promise<readonly Finding[]> {
  const [open, astray]: [string[], string[]] = [[], []];
  const left = [...load.accepted];
  const readAll = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const { ref, id, line } = one;
      const { state, routes } = await system.record(ref);
      const isDone = state === 'done' && routes.length === 2 && routes.every((delivery) => delivery.state === 'done');
      if (!isDone) open.push(`${id} ${state}: ${routes.map(describeDelivery).join(', ')}`);
      const home = homeOf(line.attributes.subject ?? '');
      if (routes.some(({ movedTo = ref }) => originOf({ ref: movedTo }) !== home)) astray.push(id);
      evidence.note(MOVED, routes.filter(({ movedTo }) => movedTo !== undefined).length);
    }
  };
  await Promise.all(numbers(READERS).map(readAll));
  return [judge('moving: done', sayIds(open), false), judge('moving: settled where its key is', sayIds(astray), false)];
}

function describeDelivery({ id, state, reason = '', error, movedTo = '' }: RecordBody['routes'][number]): string {
  return [id, state, reason, error?.code ?? '', error?.message ?? '', movedTo].filter((word) => word !== '').join(' ');
}

async function judgeLeftOver({ system }: Stage): Promise<Finding> {
  const left = await Promise.all(
    numbers(MOVING_PARTITIONS).map(async (partition) => {
      const { outbox, lanes, queued } = keysOf(partition);
      const counts = await Promise.all([
        system.facts.xlen(outbox),
        system.facts.scard(lanes),
        system.facts.zcard(queued),
      ]);
      return counts.some((count) => count > 0) ? [`partition ${partition}: ${counts.join('/')}`] : [];
    }),
  );
  const why = left.flat().length === 0 ? undefined : `in outbox/lanes/queue of ${left.flat().join(', ')}`;
  return judge('moving: nothing left', why, false);
}
