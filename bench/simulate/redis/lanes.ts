import { putBack } from './append.ts';
import { isAfter } from './event-log.ts';
import type { Partition } from './partition.ts';
import type { Script } from './scripts.ts';

/** `enter-lanes.lua`. */
export const enterLanes: Script = (partition, keys, args) => {
  const { node, log } = partition;
  const { joining: joinCost, asking } = node.costs.lanes;
  const consumer = String(args[1]);
  const [from, upTo, joining] = [String(args[3]), String(args[4]), Number(args[5])];
  node.step(node.costs.lanes);
  node.spend(joining * joinCost + (keys.length - 3 - joining) * asking);
  node.write();
  let filled = filledUpTo(partition);
  const mayJoin = from !== '' && !isAfter(from, filled);
  let at = 6;
  let key = 3;
  for (let n = 0; n < joining; n++, at += 3, key++) {
    const [id, ref, route] = [String(args[at]), String(args[at + 1]), String(args[at + 2])];
    if (mayJoin && isAfter(id, filled)) join(partition, keys[key] as string, ref, route);
  }
  if (mayJoin && isAfter(upTo, filled)) {
    filled = upTo;
    partition.lanesFilled = filled;
  }
  const turns: string[] = [filled];
  for (; key < keys.length; key++, at += 6) {
    const [id, count, ref, route] = args.slice(at, at + 4).map(String) as [string, string, string, string];
    const isFresh = String(args[at + 4]) === '1';
    if (log.held(id, consumer, count) === undefined) turns.push('not-owned');
    else if (isFresh && isAfter(id, filled)) turns.push('unseen');
    else turns.push(askForTurn(partition, keys[key] as string, ref, route));
  }
  return turns;
};

function filledUpTo({ log, lanesFilled }: Partition): string {
  const oldest = log.oldestPending();
  if (oldest === undefined) return lanesFilled;
  const [ms = 0, number = 0] = oldest.id.split('-').map(Number);
  const settled = number > 0 ? `${ms}-${number - 1}` : `${ms - 1}-${Number.MAX_SAFE_INTEGER}`;
  return isAfter(settled, lanesFilled) ? settled : lanesFilled;
}

function join(partition: Partition, lane: string, ref: string, route: string): void {
  const record = partition.records.get(ref);
  const state = record?.get(`state:${route}`);
  if (record?.has(`lane:${route}`) || (state !== undefined && !state.startsWith('running 0 '))) return;
  enter(partition, lane, ref, route);
}

function askForTurn(partition: Partition, lane: string, ref: string, route: string): 'go' | 'wait' {
  const own = partition.records.get(ref)?.get(`lane:${route}`);
  if (own === undefined) enter(partition, lane, ref, route);
  return partition.lanes.get(own ?? lane)?.[0] === `${ref} ${route}` ? 'go' : 'wait';
}

function enter(partition: Partition, lane: string, ref: string, route: string): void {
  const members = partition.lanes.get(lane);
  if (members === undefined) partition.lanes.set(lane, [`${ref} ${route}`]);
  else members.push(`${ref} ${route}`);
  partition.record(ref).set(`lane:${route}`, lane);
}

/** `leave_lane` of `include-lanes.lua`. */
export function leaveLane(partition: Partition, ref: string, route: string): void {
  const record = partition.record(ref);
  const lane = record.get(`lane:${route}`);
  if (lane === undefined) return;
  const members = partition.lanes.get(lane) ?? [];
  const member = `${ref} ${route}`;
  const isFirst = members[0] === member;
  const at = members.indexOf(member);
  if (at !== -1) members.splice(at, 1);
  record.delete(`lane:${route}`);
  partition.queued.remove(member);
  if (record.has(`turn:${route}`)) record.set(`turn:${route}`, 'woken');
  if (isFirst) wakeFirst(partition, lane);
}

/** `wake_first` of `include-lanes.lua`. */
export function wakeFirst(partition: Partition, lane: string): void {
  const members = partition.lanes.get(lane) ?? [];
  while (members[0] !== undefined && !wake(partition, lane, members[0])) members.shift();
  if (members.length === 0) partition.lanes.delete(lane);
}

function wake(partition: Partition, lane: string, member: string): boolean {
  const [ref = '', route = ''] = member.split(' ');
  const record = partition.records.get(ref);
  const isHere = record?.get(`lane:${route}`) === lane;
  if (isHere && partition.queued.score(member) === undefined) return true;
  const wasQueued = partition.queued.remove(member);
  partition.node.spend(partition.node.costs.promote.each);
  const id = isHere ? putBack(partition, ref, route) : false;
  if (id === false) {
    if (wasQueued) partition.backlog -= 1;
    return false;
  }
  record?.set(`turn:${route}`, 'woken');
  record?.set(`put-back:${route}`, id);
  return true;
}

/** `mend-lanes.lua`, where no lane ever needs it: looks, and leaves all as they are. */
export const mendLanes: Script = ({ node }, keys) => {
  node.step(node.costs.lanes);
  node.spend((keys.length - 6) * node.costs.lanes.asking);
  return 0;
};
