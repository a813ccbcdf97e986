import type { DeadLetterFacts, History, SentEvent, SystemRecord, WitnessAccount, WitnessTally } from './history.js';
import { between, type Random } from './random.js';
import { TESTED_ROUTES, type TestedRoute } from './tested-route.js';

const CANARIES = 3;

/** What the accounts of a system say that keeps its promises under faults: repeats where they are allowed, and no others. */
export function inventCorrectHistory(random: Random, eventsPerRoute: number = 40): History {
  const sent: SentEvent[] = [];
  const records = new Map<string, SystemRecord>();
  const deadLetters: DeadLetterFacts[] = [];
  const witnesses = TESTED_ROUTES.map((route): WitnessAccount => {
    const tallies: WitnessTally[] = [];
    for (let at = 0; at < eventsPerRoute + CANARIES; at += 1) {
      const isCanary = at >= eventsPerRoute;
      const id = `${route.guarantee}-${at}`;
      // The first three are hit by a fault and those up to 20 are not, in every history: anomalies are planted there.
      const acceptance = isCanary || at < 20 ? 'accepted' : inventAcceptance(random);
      const refs = acceptance === 'accepted' ? [`ref-${id}`] : [];
      sent.push({ id, type: route.type, acceptance, refs, isCanary, duplicateAnswers: at % 5 === 0 ? 1 : 0 });
      if (acceptance === 'refused' || (acceptance === 'unsure' && random() < 0.5)) continue;
      const isHit = !isCanary && (at < 3 || (at >= 20 && random() < 0.2));
      const fate = inventFate(route, isHit, random);
      if (fate.reached > 0)
        tallies.push({ eventId: id, tool: route.tool, reached: fate.reached, effects: fate.effects });
      if (fate.isUncertain) deadLetters.push({ eventId: id, reason: 'outcome-unknown' });
      if (acceptance !== 'accepted') continue;
      const state = fate.isUncertain ? 'dead' : 'done';
      const reason = fate.isUncertain ? 'outcome-unknown' : undefined;
      const delivery = { state, starts: isHit ? 2 : 1, reason };
      records.set(id, { state, tookMs: between(random, 5, isHit ? 9_000 : 300), deliveries: [delivery] });
    }
    return { cloud: route.cloud, tallies, doubts: [] };
  });
  const faults = [{ kind: 'kill', done: 25, hits: 22 } as const, { kind: 'cut', done: 30, hits: 30 } as const];
  const required = { minAccepted: 20, minHits: { kill: 20, cut: 1 }, minCanaries: CANARIES };
  return { routes: TESTED_ROUTES, sent, records, deadLetters, witnesses, faults, unrest: undefined, required };
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
