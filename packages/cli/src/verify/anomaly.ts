import { edit, editDeadLetter, editQuestions, editRecord, editSent, editTally, editWitness } from './edit-history.js';
import type { History } from './history.js';
import { AGENT_ROUTE, type Guarantee } from './tested-route.js';

/** The routes of the invented history, by their names. */
type RouteName = Guarantee | 'agent';

/** One thing that can be wrong, planted into a correct history; the checker has to name the rule that it breaks. */
export interface Anomaly {
  readonly name: string;
  readonly rule: string;
  readonly verdict: false | 'unknown';
  readonly plant: (history: History) => History;
}

const OK = { state: 'done', starts: 1, reason: undefined } as const;

/** An event of the load that no fault hit in the invented history, so that whatever is wrong with it was planted. */
const some = (route: RouteName) => `${route}-10`;

function broken(name: string, rule: string, plant: Anomaly['plant']): Anomaly {
  return { name, rule, verdict: false, plant };
}

function unproved(name: string, rule: string, plant: Anomaly['plant']): Anomaly {
  return { name, rule, verdict: 'unknown', plant };
}

function forEach(routes: readonly RouteName[], plantFor: (route: RouteName) => Anomaly): readonly Anomaly[] {
  return routes.map(plantFor).map((one, at) => ({ ...one, name: `${one.name}, ${routes[at]}` }));
}

const ALL: readonly RouteName[] = ['at-least-once', 'effectively-once', 'at-most-once', 'agent'];

/** Everything that `verify --self-test` plants. */
export const ANOMALIES: readonly Anomaly[] = [
  ...forEach(ALL, (route) =>
    broken('an accepted event is lost', 'no-loss', (history) => {
      const gone = editTally(history, some(route), () => undefined);
      return editRecord(gone, some(route), () => undefined);
    }),
  ),
  ...forEach(ALL, (route) =>
    broken('something runs that was never sent', 'no-phantom', (history) =>
      edit(history, { sent: history.sent.filter(({ id }) => id !== some(route)) }),
    ),
  ),
  ...forEach(ALL, (route) =>
    broken('something runs that was refused', 'no-phantom', (history) =>
      editSent(history, some(route), (event) => ({ ...event, acceptance: 'refused', refs: [] })),
    ),
  ),
  broken('a call goes to a tool of no route', 'no-stray-call', (history) =>
    editTally(history, some('at-least-once'), (tally) => ({ ...tally, tool: 'stock.release' })),
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
  broken('one of the effects of an agent is there twice', 'no-second-effect', (history) =>
    editTally(history, some('agent'), (tally) =>
      tally.tool === AGENT_ROUTE.tool ? tally : { ...tally, reached: 2, effects: 2 },
    ),
  ),
  broken('one of the effects of an agent is missing', 'one-effect', (history) =>
    editTally(history, some('agent'), (tally) => (tally.tool === AGENT_ROUTE.tool ? tally : undefined)),
  ),
  broken('a model is asked again for what it has answered', 'not-asked-again', (history) =>
    editQuestions(history, some('agent'), (questions) => questions + 1),
  ),
  broken('a model is asked more often than consumers died', 'not-asked-again', (history) =>
    editQuestions(history, 'agent-0', (questions) => questions + 2),
  ),
  broken('the record has an answer that no model gave', 'answers-were-given', (history) =>
    editQuestions(history, some('agent'), (questions) => questions - 1),
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
  ...forEach(ALL, (route) =>
    broken('the record says done without an effect', 'done-means-done', (history) =>
      editTally(history, some(route), (tally) => ({ ...tally, effects: 0 })),
    ),
  ),
  ...forEach(ALL, (route) =>
    broken('an accepted event has no record', 'recorded', (history) =>
      editRecord(history, some(route), () => undefined),
    ),
  ),
  ...forEach(ALL, (route) =>
    broken('a good event is a dead letter', 'no-false-dead-letter', (history) =>
      editDeadLetter(history, some(route), 'starts-exhausted'),
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
  ...forEach(ALL, (route) =>
    broken('an event stays open', 'drained', (history) =>
      editRecord(history, some(route), (record) => ({ ...record, state: 'open', tookMs: undefined })),
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
  unproved('nobody knows what the model was asked', 'model-complete', ({ model: _model, ...history }) => history),
  unproved('the model has forgotten what it was asked', 'model-complete', (history) =>
    edit(history, { model: { questions: new Map(history.model?.questions), doubts: ['it was started again'] } }),
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
