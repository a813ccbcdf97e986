import type { EventAccount, RouteAccount } from './event-account.js';
import { countReordered } from './reordered.js';
import type { Guarantee } from './tested-route.js';
import { type Finding, judgeIds } from './verdict.js';

/** The one reason a delivery may have for being dead although its event was good. */
const UNCERTAIN = 'outcome-unknown';
const FINAL = new Set(['done', 'dead', 'expired']);

/** Judges what a route did by what it promises. Pure; says nothing about whether there was enough to judge. */
export function checkRoute({ route, events, strangers }: RouteAccount): readonly Finding[] {
  const accepted = events.filter(({ sent }) => sent.acceptance === 'accepted');
  const idsOf = (found: readonly EventAccount[]) => found.map(({ sent }) => sent.id);
  const rule = (name: string, breaks: (event: EventAccount) => boolean) =>
    judgeIds(name, idsOf(accepted.filter(breaks)));
  const mayEndUncertain =
    route.guarantee === 'at-most-once' || (route.guarantee === 'effectively-once' && !route.takesKey);
  return [
    rule('no-loss', (event) => isLost(event, route.guarantee)),
    judgeIds('no-phantom', [...strangers, ...idsOf(events.filter(isRefusedAndRun))]),
    judgeIds('accepted-once', idsOf(events.filter(({ sent }) => sent.refs.length > 1))),
    ...checkMultiplicity(route.guarantee, events, accepted),
    ...(route.asksModel ? checkQuestions(accepted) : []),
    rule('recorded', ({ record }) => record === undefined),
    rule('drained', ({ record }) => record !== undefined && !FINAL.has(record.state)),
    // A read-only tool would have no effects; those under test all have one for every call they carry out.
    rule('done-means-done', ({ record, leastEffects }) => record?.state === 'done' && leastEffects === 0),
    rule(
      'dead-means-dead-letter',
      ({ record, deadLetter }) => (record?.state === 'dead') !== (deadLetter !== undefined),
    ),
    rule(
      'no-false-dead-letter',
      ({ deadLetter }) => deadLetter !== undefined && !(mayEndUncertain && deadLetter.reason === UNCERTAIN),
    ),
  ];
}

/** Repeats are judged for every event that was sent: one whose answer was lost must not run twice either. */
function checkMultiplicity(
  guarantee: Guarantee,
  events: readonly EventAccount[],
  accepted: readonly EventAccount[],
): readonly Finding[] {
  const idsOf = (found: readonly EventAccount[]) => found.map(({ sent }) => sent.id);
  switch (guarantee) {
    case 'at-least-once':
      return [];
    case 'at-most-once':
      return [judgeIds('not-repeated', idsOf(events.filter(({ reached, effects }) => reached > 1 || effects > 1)))];
    case 'effectively-once':
      return [
        judgeIds('no-second-effect', idsOf(events.filter(({ effects }) => effects > 1))),
        judgeIds('one-effect', idsOf(accepted.filter(({ leastEffects }) => leastEffects === 0))),
      ];
  }
}

/**
 * What a model has answered is kept, and not asked for again: each time that a consumer begins, at most the one answer can be
 * lost that is on its way when it dies. And what is kept was really answered by somebody.
 */
function checkQuestions(accepted: readonly EventAccount[]): readonly Finding[] {
  const idsOf = (found: readonly EventAccount[]) => found.map(({ sent }) => sent.id);
  const mayBeLost = ({ record }: EventAccount) =>
    record?.deliveries.reduce((sum, { starts }) => sum + Math.max(0, starts - 1), 0) ?? 0;
  return [
    judgeIds('not-asked-again', idsOf(accepted.filter((event) => askedAgain(event) > mayBeLost(event)))),
    judgeIds('answers-were-given', idsOf(accepted.filter((event) => askedAgain(event) < 0))),
  ];
}

/** Questions beyond the answers that the record has. */
function askedAgain({ record, questions }: EventAccount): number {
  return questions - (record?.deliveries.reduce((sum, { answers = 0 }) => sum + answers, 0) ?? 0);
}

/** Neither carried out nor given up where somebody can see it. */
function isLost({ deadLetter, reached, leastEffects }: EventAccount, guarantee: Guarantee): boolean {
  if (deadLetter !== undefined || leastEffects > 0) return false;
  // At most once ends with the call; whether the tool acted is then not the platform's to repeat.
  return guarantee !== 'at-most-once' || reached === 0;
}

function isRefusedAndRun({ sent, reached, effects }: EventAccount): boolean {
  return sent.acceptance === 'refused' && reached + effects > 0;
}

/** What a person wants to know about a route besides the verdicts. None of it is judged. */
export interface RouteFigures {
  readonly accepted: number;
  readonly unsure: number;
  readonly refused: number;
  /** Accepted events whose record says done. */
  readonly delivered: number;
  readonly effects: number;
  readonly lost: number;
  /** Events that reached their tool more often than once. Only `at-most-once` forbids it. */
  readonly repeated: number;
  readonly secondEffects: number;
  /** Events whose first effect came before that of an event accepted before they were posted. */
  readonly reordered: number;
  /** Dead letters that say `outcome-unknown`. */
  readonly uncertain: number;
  readonly deadLetters: number;
  /** Questions to a model whose answers nobody has, since their consumer died. Undefined where no model is asked. */
  readonly askedAgain: number | undefined;
  /** Accepted events on which a consumer began more than once, or that ended uncertain: those that a fault hit. */
  readonly bitten: number;
  /** Longest time from acceptance to the end of an event that a fault hit: no recovery took longer. */
  readonly worstRecoveryMs: number | undefined;
}

export function describeRoute({ route, events }: RouteAccount): RouteFigures {
  const accepted = events.filter(({ sent }) => sent.acceptance === 'accepted');
  const count = (holds: (event: EventAccount) => boolean, among = events) => among.filter(holds).length;
  const bitten = accepted.filter(isBitten);
  // A time below zero: Redis' clock was set back meanwhile, and nothing can be said of it.
  const recoveries = bitten.flatMap(({ record }) => record?.tookMs ?? []).filter((tookMs) => tookMs >= 0);
  return {
    accepted: accepted.length,
    unsure: count(({ sent }) => sent.acceptance === 'unsure'),
    refused: count(({ sent }) => sent.acceptance === 'refused'),
    delivered: count(({ record }) => record?.state === 'done', accepted),
    reordered: countReordered(events),
    effects: events.reduce((sum, { effects }) => sum + effects, 0),
    lost: count((event) => isLost(event, route.guarantee), accepted),
    repeated: count(({ reached }) => reached > 1),
    secondEffects: count(({ effects }) => effects > 1),
    uncertain: count(({ deadLetter }) => deadLetter?.reason === UNCERTAIN),
    deadLetters: count(({ deadLetter }) => deadLetter !== undefined),
    askedAgain: route.asksModel ? accepted.reduce((sum, event) => sum + askedAgain(event), 0) : undefined,
    bitten: bitten.length,
    worstRecoveryMs: recoveries.length === 0 ? undefined : recoveries.reduce((most, one) => Math.max(most, one)),
  };
}

function isBitten({ record, deadLetter, reached }: EventAccount): boolean {
  const starts = record?.deliveries.some((delivery) => delivery.starts > 1) ?? false;
  return starts || reached > 1 || deadLetter?.reason === UNCERTAIN;
}
