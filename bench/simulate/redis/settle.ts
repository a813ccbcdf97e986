import { copyEvent } from './append.ts';
import type { LogEntry } from './event-log.ts';
import { leaveLane, wakeFirst } from './lanes.ts';
import type { Partition } from './partition.ts';
import type { Argument, Script } from './scripts.ts';

interface Outcome {
  readonly route: string;
  readonly state: string;
  readonly lane: string;
  readonly attempt: number;
  readonly detail: string;
  readonly delayMs: number;
  readonly unsent: string;
}

/** `settle.lua`, for outcomes without effects, follow-ups, contexts and departures. */
export const settle: Script = (partition, _keys, args) => {
  const { node, log } = partition;
  const { plain, full } = node.costs.settle;
  const consumer = String(args[1]);
  const read = readFrom(args, 11);
  node.step(node.costs.settle);
  node.write();
  const refused: number[] = [];
  let place = 0;
  const held = (id: string, count: string): LogEntry | undefined => {
    const entry = log.held(id, consumer, count);
    place += 1;
    if (entry === undefined) refused.push(place);
    return entry;
  };
  const inShort = read();
  const kinds = Array.from({ length: Number(read()) }, () => {
    const kind = { route: read(), detail: read() };
    if (Number(read()) > 0) throw new Error('the simulation has no effects');
    return kind;
  });
  for (const [, id = '', count = '', what] of inShort.matchAll(/(\S+) (\S+) \S+ (\d+) /g)) {
    const entry = held(id, count);
    const kind = kinds[Number(what) - 1];
    if (entry === undefined || kind === undefined) continue;
    const outcome = { ...kind, state: 'done', lane: 'none', attempt: 1, delayMs: 0, unsent: '0' };
    node.spend(partition.records.has(entry.ref) ? full : plain);
    settleEntry(partition, entry, entry.ref, [outcome.route], [outcome]);
  }
  for (let n = Number(args[8]); n > 0; n--) {
    const entry = held(read(), read());
    const ref = read();
    const routes = JSON.parse(read()) as string[];
    read();
    const outcomes = Array.from({ length: Number(read()) }, () => readOutcome(read));
    if (entry === undefined) continue;
    node.spend(full);
    settleEntry(partition, entry, ref, routes, outcomes);
  }
  if (refused.length < place) node.publish(partition.keys.changes, '');
  return refused;
};

function readFrom(args: readonly Argument[], start: number): () => string {
  let at = start - 1;
  return () => {
    at += 1;
    return String(args[at]);
  };
}

function readOutcome(read: () => string): Outcome {
  const [route, state, lane, attempt] = [read(), read(), read(), Number(read())];
  const [detail, delayMs, unsent] = [read(), Number(read()), read()];
  const rest = [Number(read()), Number(read()), Number(read()), Number(read())];
  if (rest.some((count) => count > 0))
    throw new Error('the simulation has no effects, follow-ups, contexts or departures');
  return { route, state, lane, attempt, detail, delayMs, unsent };
}

function settleEntry(
  partition: Partition,
  entry: LogEntry,
  ref: string,
  routes: readonly string[],
  outcomes: readonly Outcome[],
): void {
  const record = partition.record(ref);
  let open = Number(record.get('open') ?? routes.length);
  const moving: Outcome[] = [];
  for (const outcome of outcomes) {
    const [, attempts = '0', starts = '0'] = (record.get(`state:${outcome.route}`) ?? 'waiting 0 0').split(' ');
    if (Number(attempts) >= outcome.attempt) continue;
    if (outcome.state === 'waiting' || outcome.lane !== 'none') moving.push(outcome);
    if (outcome.state === 'waiting') queue(partition, entry, ref, outcome, attempts, starts);
    else {
      write(partition, entry, ref, outcome, Number(starts));
      if (outcome.state !== 'retrying') open -= 1;
    }
  }
  record.set('open', String(open));
  for (const outcome of moving) moveInLane(partition, ref, outcome);
  const isOpen = routes.some((route) => isUnsettled(record.get(`state:${route}`), record.has(`turn:${route}`)));
  if (!isOpen || routes.length === 1) partition.acknowledge(entry);
  if (open <= 0) partition.finish(ref);
}

function isUnsettled(state: string | undefined, isInTurn: boolean): boolean {
  return (state === undefined || state.startsWith('waiting 0') || state.startsWith('running 0')) && !isInTurn;
}

function queue(
  partition: Partition,
  entry: LogEntry,
  ref: string,
  { route, unsent }: Outcome,
  attempts: string,
  starts: string,
) {
  const record = partition.record(ref);
  copyEvent(partition, ref, entry.id);
  record.set(`turn:${route}`, 'queued');
  record.set(`unsent:${route}`, unsent);
  record.set(`state:${route}`, `waiting ${attempts} ${starts} ${partition.now} `);
  if (partition.queued.add(`${ref} ${route}`, partition.now)) partition.backlog += 1;
}

function write(partition: Partition, entry: LogEntry, ref: string, outcome: Outcome, starts: number): void {
  const record = partition.record(ref);
  const { route, state, attempt, delayMs } = outcome;
  let nextAt = '';
  if (state === 'retrying') {
    nextAt = String(partition.now + delayMs);
    record.set(`unsent:${route}`, outcome.unsent);
    copyEvent(partition, ref, entry.id);
    partition.due.add(`${ref} ${route}`, Number(nextAt));
    partition.backlog += 1;
  } else if (state === 'dead') partition.deadLetters += 1;
  record.set(`state:${route}`, `${state} ${attempt} ${starts + entry.deliveryCount} ${partition.now} ${nextAt}`);
  record.set(`detail:${route}`, outcome.detail);
}

function moveInLane(partition: Partition, ref: string, { route, state, lane }: Outcome): void {
  const own = partition.record(ref).get(`lane:${route}`);
  if (lane === 'leave') leaveLane(partition, ref, route);
  else if (state === 'waiting' && own !== undefined) wakeFirst(partition, own);
}
