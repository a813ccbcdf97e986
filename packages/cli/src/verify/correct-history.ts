import type { DeadLetterFacts, History, SentEvent, SystemRecord, WitnessAccount, WitnessTally } from './history.js';
import { between, type Random } from './random.js';
import { AGENT_ROUTE, TESTED_ROUTES, type TestedRoute, toolsOf } from './tested-route.js';

const CANARIES = 3;
/** Answers of the model that a run of the invented agent has. */
const ANSWERS = 3;

/** What the accounts of a system say that keeps its promises under faults: repeats where they are allowed, and no others. */
export function inventCorrectHistory(random: Random, eventsPerRoute: number = 40): History {
  const routes = [...TESTED_ROUTES, AGENT_ROUTE];
  const sent: SentEvent[] = [];
  const records = new Map<string, SystemRecord>();
  const deadLetters: DeadLetterFacts[] = [];
  const questions = new Map<string, number>();
  const tallies = new Map<string, WitnessTally[]>();
  for (const route of routes) {
    for (let at = 0; at < eventsPerRoute + CANARIES; at += 1) {
      const isCanary = at >= eventsPerRoute;
      const id = `${route.name}-${at}`;
      // The first three are hit by a fault and those up to 20 are not, in every history: anomalies are planted there.
      const acceptance = isCanary || at < 20 ? 'accepted' : inventAcceptance(random);
      const refs = acceptance === 'accepted' ? [`ref-${id}`] : [];
      sent.push({ id, type: route.type, acceptance, refs, isCanary, duplicateAnswers: at % 5 === 0 ? 1 : 0 });
      if (acceptance === 'refused' || (acceptance === 'unsure' && random() < 0.5)) continue;
      const isHit = !isCanary && (at < 3 || (at >= 20 && random() < 0.2));
      const starts = isHit ? 2 : 1;
      const fate = inventFate(route, isHit, random);
      for (const { cloud, tool } of fate.reached > 0 ? toolsOf(route) : []) {
        const tally = { eventId: id, tool, reached: fate.reached, effects: fate.effects };
        tallies.set(cloud, [...(tallies.get(cloud) ?? []), tally]);
      }
      // The answer that was on its way when a consumer died is asked for once more, or was not asked for yet.
      if (route.asksModel) questions.set(id, ANSWERS + between(random, 0, starts - 1));
      if (fate.isUncertain) deadLetters.push({ eventId: id, reason: 'outcome-unknown' });
      if (acceptance !== 'accepted') continue;
      const state = fate.isUncertain ? 'dead' : 'done';
      const reason = fate.isUncertain ? 'outcome-unknown' : undefined;
      const delivery = { state, starts, reason, ...(route.asksModel ? { answers: ANSWERS } : {}) };
      records.set(id, { state, tookMs: between(random, 5, isHit ? 9_000 : 300), deliveries: [delivery] });
    }
  }
  const witnesses = [...tallies].map(([cloud, ofCloud]): WitnessAccount => ({ cloud, tallies: ofCloud, doubts: [] }));
  const model = { questions, doubts: [] };
  const faults = [{ kind: 'kill', done: 25, hits: 22 } as const, { kind: 'cut', done: 30, hits: 30 } as const];
  const required = { minAccepted: 20, minHits: { kill: 20, cut: 1 }, minCanaries: CANARIES };
  return { routes, sent, records, deadLetters, witnesses, model, faults, unrest: undefined, required };
}

function inventAcceptance(random: Random): SentEvent['acceptance'] {
  const at = random();
  if (at < 0.9) return 'accepted';
  return at < 0.95 ? 'refused' : 'unsure';
}

function inventFate({ guarantee }: TestedRoute, isHit: boolean, random: Random) {
  if (!isHit) return { reached: 1, effects: 1, isUncertain: false };
  switch (guarantee) {
    case 'at-least-once': {
      const reached = between(random, 1, 4);
      return { reached, effects: reached, isUncertain: false };
    }
    case 'effectively-once':
      return { reached: between(random, 1, 4), effects: 1, isUncertain: false };
    case 'at-most-once': {
      const reached = between(random, 0, 1);
      return { reached, effects: reached === 0 ? 0 : between(random, 0, 1), isUncertain: true };
    }
  }
}
