import { expect } from '@jest/globals';
import { createFollowUp, type Event } from '@millrace/events';
import {
  type AppendResult,
  answerApproval,
  claimIdle,
  createAppender,
  createSettler,
  discardDeadLetter,
  type Entry,
  type EntrySource,
  expireParked,
  FIRST_CURSOR,
  GROUP,
  listApprovals,
  openBlockingSource,
  promoteDue,
  readRecord,
  redriveDeadLetter,
  releaseLeases,
  renewLeases,
  type Settlement,
  sampleStream,
  trimSettled,
} from '@millrace/stream-client';
import fc from 'fast-check';
import { anEvent } from './open-test-stream.js';
import { stream } from './stage.js';

export const CONSUMERS = ['a', 'b', 'c'] as const;
type Consumer = (typeof CONSUMERS)[number];
const STATES = ['done', 'done', 'retrying', 'parked', 'dead'] as const;
const NEVER_MS = 3_600_000;

/** Each reads as its consumer; there once `openSources` has ended. */
const sources = new Map<Consumer, EntrySource>();

export async function openSources(): Promise<void> {
  for (const consumer of CONSUMERS) sources.set(consumer, await openBlockingSource(stream, consumer, 1));
}

export async function closeSources(): Promise<void> {
  for (const source of sources.values()) await source.close();
}

/** What a consumer believes to hold: it may be wrong, when another has claimed the entry since. */
interface Holding {
  readonly entry: Entry;
  readonly routes: readonly string[];
  readonly unsettled: string[];
}

/** What has happened so far. */
export interface World {
  readonly holdings: Map<Consumer, Holding[]>;
  readonly cursors: Map<Consumer, string>;
  /** By ref, follow-ups included. */
  readonly accepted: Map<string, Event>;
  /** Dead letters given up: `REF ROUTE`. */
  readonly discarded: Set<string>;
}

/** One thing that happens, shown by its name when fast-check reports a counterexample. */
type Step = ((world: World) => Promise<void>) & { readonly [fc.toStringMethod]?: () => string };

function step<Args extends readonly unknown[]>(make: (...args: Args) => Step): (args: Args) => Step {
  return (args) =>
    Object.assign(make(...args), { [fc.toStringMethod]: () => `${make.name}(${JSON.stringify(args).slice(1, -1)})` });
}

/** Events have no route, one or two; a follow-up has one. */
export function routesOf(eventId: string): readonly string[] {
  return ['r1', 'r2'].slice(0, /^e\d+$/.test(eventId) ? Number(eventId.slice(1)) % 3 : 1);
}

async function planFor(entry: Entry): Promise<Holding> {
  if (entry.retry !== undefined) return { entry, routes: [entry.retry.route], unsettled: [entry.retry.route] };
  const routes = routesOf(entry.event.id);
  const deliveries = entry.wasHeld ? (await readRecord(stream, entry.ref))?.deliveries : [];
  const settled = new Set(deliveries?.filter(({ attempts }) => attempts > 0).map(({ route }) => route));
  return { entry, routes, unsettled: routes.filter((route) => !settled.has(route)) };
}

async function hold(world: World, consumer: Consumer, entries: readonly unknown[]): Promise<void> {
  for (const entry of entries as readonly Entry[]) {
    expect(entry.kind).toBe('entry');
    world.holdings.get(consumer)?.push(await planFor(entry));
  }
}

function noteAccepted(world: World, result: AppendResult, event: Event): void {
  if (result.kind === 'accepted') {
    expect(world.accepted.has(result.ref)).toBe(false);
    world.accepted.set(result.ref, event);
  } else {
    expect(result).toMatchObject({ kind: 'duplicate' });
  }
}

function append(n: number): Step {
  return async (world) => {
    const appender = createAppender(stream, { maxBacklog: 1_000, deadlineMs: 60_000 });
    const event = anEvent(`e${n}`);
    noteAccepted(world, await appender.append(event), event);
  };
}

/** With `isLost`, the reply never arrives: the entries are pending, and nobody knows of them. */
function read(consumer: Consumer, count: number, isLost: boolean): Step {
  return async (world) => {
    const entries = (await sources.get(consumer)?.read(count)) ?? [];
    if (!isLost) await hold(world, consumer, entries);
  };
}

function claim(consumer: Consumer, count: number, isLost: boolean): Step {
  return async (world) => {
    const cursor = world.cursors.get(consumer) ?? FIRST_CURSOR;
    const claimed = await claimIdle(stream, consumer, { minIdleMs: 0, cursor, maxCount: count });
    expect(claimed.lostIds).toEqual([]);
    world.cursors.set(consumer, claimed.cursor);
    if (!isLost) await hold(world, consumer, claimed.entries);
  };
}

interface HowToSettle {
  readonly pick: number;
  /** One state for each delivery that is settled now; fewer than there are leave the rest unsettled. */
  readonly states: readonly (typeof STATES)[number][];
  readonly delayMs: number;
  readonly isRepeated: boolean;
  readonly emits: boolean;
}

function settle(consumer: Consumer, how: HowToSettle): Step {
  return async (world) => {
    const holdings = world.holdings.get(consumer) ?? [];
    const holding = holdings[how.pick % Math.max(1, holdings.length)];
    if (holding === undefined) return;
    const settlement = toSettlement(holding, how);
    const isHeld = await holds(consumer, holding.entry);
    const reply = await settleOnce(consumer, settlement, how.isRepeated);
    expect(reply).toBe(isHeld ? 'settled' : 'not-owned');
    const isOver = reply === 'not-owned' || settlement.remaining === 0;
    if (isOver) holdings.splice(holdings.indexOf(holding), 1);
    else holding.unsettled.splice(0, settlement.outcomes.length);
    if (reply === 'settled') await noteFollowUps(world, settlement);
  };
}

/** Whether the group's own list has the entry under this consumer and with this delivery count. */
async function holds(consumer: Consumer, entry: Entry): Promise<boolean> {
  const pending = await stream.redis.xpending(stream.keys.events, GROUP, entry.id, entry.id, 1);
  const [, holder, , deliveryCount] = (pending[0] ?? []) as [string?, string?, number?, number?];
  return holder === consumer && deliveryCount === entry.deliveryCount;
}

/** A settlement whose reply was lost is given again: first a part of it takes effect, never more of it. */
async function settleOnce(consumer: Consumer, settlement: Planned, isRepeated: boolean) {
  const settler = createSettler(stream, consumer);
  const reply = await settler.settle(settlement);
  if (isRepeated) {
    const isStillHeld = reply === 'settled' && settlement.remaining > 0;
    expect(await settler.settle(settlement)).toBe(isStillHeld ? 'settled' : 'not-owned');
  }
  return reply;
}

/** A settlement, and how many deliveries of its entry remain after it. */
type Planned = Settlement & { readonly remaining: number };

function toSettlement(holding: Holding, { states, delayMs, emits }: HowToSettle): Planned {
  const { entry, routes, unsettled } = holding;
  const now = unsettled.slice(0, states.length);
  const outcomes = now.map((route, n) => {
    const state = states[n] ?? 'done';
    const data = { kind: 'json', bytes: Buffer.from('{}') } as const;
    const canEmit = emits && state === 'done' && entry.event.attributes.causationid === undefined;
    const followUp = canEmit ? createFollowUp(entry.event, route, { type: 'com.test.followed', data }) : undefined;
    const followUps = followUp === undefined ? [] : [followUp];
    const attempt = entry.retry?.attempt ?? 1;
    const asks = { attempt, step: '0', server: 's', tool: 't', requests: { sure: {} } };
    const detail = { version: 'v1', effects: [], ...(state === 'parked' ? { asks } : {}) };
    return { route, state, attempt, detail, delayMs, followUps };
  });
  return { entry, routes, remaining: unsettled.length - now.length, outcomes };
}

async function noteFollowUps(world: World, { entry, outcomes }: Settlement): Promise<void> {
  const record = await readRecord(stream, entry.ref);
  for (const { route, followUps = [] } of outcomes) {
    const refs = record?.deliveries.find((delivery) => delivery.route === route)?.followUps ?? [];
    expect(refs).toHaveLength(followUps.length);
    for (const [n, ref] of refs.entries()) world.accepted.set(ref, followUps[n] as Event);
  }
}

function giveBack(consumer: Consumer): Step {
  return async (world) => {
    const held = world.holdings.get(consumer)?.splice(0) ?? [];
    const leases = held.map(({ entry }) => ({ entryId: entry.id, deliveryCount: entry.deliveryCount }));
    await releaseLeases(stream, consumer, leases, 1_000);
  };
}

function renew(consumer: Consumer): Step {
  return async (world) => {
    const holdings = world.holdings.get(consumer) ?? [];
    const leases = holdings.map(({ entry, unsettled }) => {
      const attempt = entry.retry?.attempt ?? 1;
      const running = unsettled.map((route) => ({ route, attempt }));
      return { entryId: entry.id, deliveryCount: entry.deliveryCount, ref: entry.ref, running };
    });
    await renewLeases(stream, consumer, leases);
  };
}

async function deadMember(pick: number): Promise<string | undefined> {
  const members = await stream.redis.zrange(stream.keys.dead, '0', '-1');
  return members[pick % Math.max(1, members.length)];
}

function redrive(pick: number): Step {
  return async () => {
    const member = await deadMember(pick);
    if (member !== undefined) expect(await redriveDeadLetter(stream, member.replace(' ', '.'))).toBe('redriven');
  };
}

function discard(pick: number): Step {
  return async (world) => {
    const member = await deadMember(pick);
    if (member === undefined) return;
    expect(await discardDeadLetter(stream, member.replace(' ', '.'))).toBe('discarded');
    world.discarded.add(member);
  };
}

/** Somebody answers what is parked; a second answer at the same time changes nothing. */
function answer(pick: number, isTwice: boolean): Step {
  return async () => {
    const approvals = (await listApprovals(stream, { limit: 100 }))?.items ?? [];
    const approval = approvals[pick % Math.max(1, approvals.length)];
    if (approval === undefined) return;
    expect(await answerApproval(stream, approval, { sure: { action: 'accept' } })).toBe('answered');
    if (isTwice) expect(await answerApproval(stream, approval, {})).toBe('not-found');
  };
}

function expire(count: number): Step {
  return async () => void (await expireParked(stream, count));
}

function promote(count: number): Step {
  return async () => void (await promoteDue(stream, count));
}

/** Looks at what is due while one of the routes is paused. */
function promoteWhilePaused(count: number): Step {
  const what = { kind: 'route', name: 'r1' } as const;
  return async () => void (await promoteDue(stream, count, (route) => (route === what.name ? what : undefined)));
}

/** By age as though all entries were old, and by size as though there were little room. */
function trim(): Step {
  return async () => void (await trimSettled(stream, { maxAgeMs: -2_000, maxBytes: 4_000 }));
}

const consumers = fc.constantFrom(...CONSUMERS);
const picks = fc.nat(9);
const counts = fc.integer({ min: 1, max: 4 });
const rarely = fc.nat(5).map((n) => n === 0);
const waysToSettle: fc.Arbitrary<HowToSettle> = fc.record({
  pick: picks,
  states: fc.array(fc.constantFrom(...STATES), { minLength: 1, maxLength: 2 }),
  delayMs: fc.constantFrom(0, 0, NEVER_MS),
  isRepeated: fc.boolean(),
  emits: fc.boolean(),
});
/** One thing that happens, of any kind. */
export const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(11)).map(step(append)) },
  { weight: 4, arbitrary: fc.tuple(consumers, counts, rarely).map(step(read)) },
  { weight: 2, arbitrary: fc.tuple(consumers, counts, rarely).map(step(claim)) },
  { weight: 8, arbitrary: fc.tuple(consumers, waysToSettle).map(step(settle)) },
  { weight: 2, arbitrary: fc.tuple(counts).map(step(promote)) },
  { weight: 1, arbitrary: fc.tuple(counts).map(step(promoteWhilePaused)) },
  { weight: 2, arbitrary: fc.tuple(picks, fc.boolean()).map(step(answer)) },
  { weight: 1, arbitrary: fc.tuple(counts).map(step(expire)) },
  { weight: 2, arbitrary: fc.tuple(picks).map(step(redrive)) },
  { weight: 1, arbitrary: fc.tuple(picks).map(step(discard)) },
  { weight: 1, arbitrary: fc.tuple().map(step(trim)) },
  { weight: 1, arbitrary: fc.tuple(consumers).map(step(renew)) },
  { weight: 1, arbitrary: fc.tuple(consumers).map(step(giveBack)) },
);

/** Lets one consumer take everything over and settle it, until nothing is left to do. */
export async function finishEverything(world: World): Promise<void> {
  const done = { pick: 0, states: ['done', 'done'], delayMs: 0, isRepeated: false, emits: false } as const;
  for (const consumer of CONSUMERS) world.holdings.set(consumer, []);
  for (let isIdle = false; !isIdle; ) {
    for (const member of await stream.redis.zrange(stream.keys.due, '0', '-1'))
      await stream.redis.zadd(stream.keys.due, 0, member);
    await promoteDue(stream, 1_000);
    for (let parked = (await sampleStream(stream)).parked; parked > 0; parked -= 1) await answer(0, false)(world);
    world.cursors.set('a', FIRST_CURSOR);
    await claim('a', 1_000, false)(world);
    await read('a', 1_000, false)(world);
    const holdings = world.holdings.get('a') ?? [];
    isIdle = holdings.length === 0;
    while (holdings.length > 0) await settle('a', done)(world);
  }
}
