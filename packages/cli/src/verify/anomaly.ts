import { edit, editDeadLetter, editRecord, editSent, editTally, editWitness } from './edit-history.js';
import type { History } from './history.js';
import type { Guarantee } from './tested-route.js';

/** One thing that can be wrong, planted into a correct history; the checker has to name the rule that it breaks. */
export interface Anomaly {
  readonly name: string;
  readonly rule: string;
  readonly verdict: false | 'unknown';
  readonly plant: (history: History) => History;
}

const OK = { state: 'done', starts: 1, reason: undefined } as const;

/** An event of the load that no fault hit in the invented history, so that whatever is wrong with it was planted. */
const some = (guarantee: Guarantee) => `${guarantee}-10`;

function broken(name: string, rule: string, plant: Anomaly['plant']): Anomaly {
  return { name, rule, verdict: false, plant };
}

function unproved(name: string, rule: string, plant: Anomaly['plant']): Anomaly {
  return { name, rule, verdict: 'unknown', plant };
}

function forEach(guarantees: readonly Guarantee[], plantFor: (guarantee: Guarantee) => Anomaly): readonly Anomaly[] {
  return guarantees.map(plantFor).map((one, at) => ({ ...one, name: `${one.name}, ${guarantees[at]}` }));
}

const ALL: readonly Guarantee[] = ['at-least-once', 'effectively-once', 'at-most-once'];

/** Everything that `verify --self-test` plants. */
export const ANOMALIES: readonly Anomaly[] = [
  ...forEach(ALL, (guarantee) =>
    broken('an accepted event is lost', 'no-loss', (history) => {
      const gone = editTally(history, some(guarantee), () => undefined);
      return editRecord(gone, some(guarantee), () => undefined);
    }),
  ),
  ...forEach(ALL, (guarantee) =>
    broken('something runs that was never sent', 'no-phantom', (history) =>
      edit(history, { sent: history.sent.filter(({ id }) => id !== some(guarantee)) }),
    ),
  ),
  ...forEach(ALL, (guarantee) =>
    broken('something runs that was refused', 'no-phantom', (history) =>
      editSent(history, some(guarantee), (event) => ({ ...event, acceptance: 'refused', refs: [] })),
    ),
  ),
  broken('a call goes to a tool of no route', 'no-stray-call', (history) =>
    editTally(history, some('at-least-once'), (tally) => ({ ...tally, tool: 'stock.reserve' })),
  ),
  broken('an event is accepted twice', 'accepted-once', (history) =>
    editSent(history, some('at-least-once'), (event) => ({ ...event, refs: ['one', 'another'] })),
  ),
  broken('an at-most-once call is repeated', 'not-repeated', (history) =>
    editTally(history, some('at-most-once'), (tally) => ({ ...tally, reached: 2 })),
  ),
  broken('an at-most-once call of an unsure event is repeated', 'not-repeated', (history) => {
    const unsure = editSent(history, some('at-most-once'), (event) => ({ ...event, acceptance: 'unsure', refs: [] }));
    return editTally(unsure, some('at-most-once'), (tally) => ({ ...tally, reached: 2, effects: 2 }));
  }),
  broken('an effectively-once event has two effects', 'no-second-effect', (history) =>
    editTally(history, some('effectively-once'), (tally) => ({ ...tally, reached: 2, effects: 2 })),
  ),
  broken(
    'an effectively-once event is given up as uncertain though its tool takes the key',
    'one-effect',
    (history) => {
      const id = some('effectively-once');
      return editDeadLetter(
        editTally(history, id, () => undefined),
        id,
        'outcome-unknown',
      );
    },
  ),
  ...forEach(ALL, (guarantee) =>
    broken('the record says done without an effect', 'done-means-done', (history) =>
      editTally(history, some(guarantee), (tally) => ({ ...tally, effects: 0 })),
    ),
  ),
  ...forEach(ALL, (guarantee) =>
    broken('an accepted event has no record', 'recorded', (history) =>
      editRecord(history, some(guarantee), () => undefined),
    ),
  ),
  ...forEach(ALL, (guarantee) =>
    broken('a good event is a dead letter', 'no-false-dead-letter', (history) =>
      editDeadLetter(history, some(guarantee), 'starts-exhausted'),
    ),
  ),
  broken('an at-least-once event is given up as uncertain', 'no-false-dead-letter', (history) =>
    editDeadLetter(history, some('at-least-once'), 'outcome-unknown'),
  ),
  broken('a dead event has no dead letter', 'dead-means-dead-letter', (history) =>
    editRecord(history, some('at-most-once'), (record) => ({ ...record, state: 'dead' })),
  ),
  broken('a dead letter belongs to an event that is done', 'dead-means-dead-letter', (history) =>
    edit(history, {
      deadLetters: [...history.deadLetters, { eventId: some('at-most-once'), reason: 'outcome-unknown' }],
    }),
  ),
  ...forEach(ALL, (guarantee) =>
    broken('an event stays open', 'drained', (history) =>
      editRecord(history, some(guarantee), (record) => ({ ...record, state: 'open', tookMs: undefined })),
    ),
  ),
  broken('the system does not come to rest', 'at-rest', (history) =>
    edit(history, { unrest: '3 entries are pending' }),
  ),
  broken('a canary is not carried out', 'canary-arrived', (history) =>
    editTally(history, 'at-least-once-41', () => undefined),
  ),
  unproved('no canary was sent', 'canary-sent', (history) =>
    edit(history, { sent: history.sent.filter(({ isCanary }) => !isCanary) }),
  ),
  unproved('too few events were accepted', 'enough-events', (history) =>
    edit(history, { required: { ...history.required, minAccepted: 1_000 } }),
  ),
  unproved('nothing was sent', 'enough-events', (history) => edit(history, { sent: [] })),
  unproved('no kill hit work in flight', 'kill-hit', (history) =>
    edit(history, { faults: [{ kind: 'kill', done: 30, hits: 0 }] }),
  ),
  unproved('no answer was cut', 'cut-hit', (history) =>
    edit(history, { faults: history.faults.filter(({ kind }) => kind !== 'cut') }),
  ),
  unproved('no event of a route was hit by a fault', 'faults-bit', (history) =>
    ['0', '1', '2'].reduce(
      (done, at) => editRecord(done, `effectively-once-${at}`, (record) => record),
      withoutHits(history),
    ),
  ),
  unproved('a witness has a gap in its numbers', 'witness-complete', (history) =>
    editWitness(history, 'azure', (account) => ({ ...account, doubts: ['number 17 is missing'] })),
  ),
  unproved('a witness is missing', 'witness-complete', (history) =>
    edit(history, { witnesses: history.witnesses.filter(({ cloud }) => cloud !== 'aws') }),
  ),
  unproved('a route is missing', 'route-exists', (history) => {
    const records = [...history.records].map(([id, record]) => {
      const isOfRoute = id.startsWith('at-most-once');
      return [id, isOfRoute ? { ...record, state: 'done', deliveries: [] } : record] as const;
    });
    return edit(history, { records: new Map(records) });
  }),
];

/** As if every event of the effectively-once route had gone through at the first attempt. */
function withoutHits(history: History): History {
  const ids = history.sent.filter(({ id }) => id.startsWith('effectively-once')).map(({ id }) => id);
  return ids.reduce((done, id) => {
    const once = editTally(done, id, (tally) => ({ ...tally, reached: 1 }));
    return editRecord(once, id, (record) => ({ ...record, deliveries: [OK] }));
  }, history);
}
