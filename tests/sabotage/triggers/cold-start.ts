import { TIMES, type Trigger } from '../trigger.ts';

const RATE = 80;
const EVENTS = 60;

/** Events are there before anybody reads: no consumer has run yet, and the group that the producer made is gone. */
export const coldStart: Trigger = {
  fault: 'events are there before the group',
  consumers: 0,
  times: TIMES,
  evidence: { 'events before the group': EVENTS },
  async run(stage) {
    const { system, evidence } = stage;
    const load = stage.startLoad(RATE);
    await stage.until(() => stage.ledger.size >= EVENTS, 'enough events have been sent');
    await load.stop();
    await system.redis.xgroup('DESTROY', 'millrace:{0}:events', 'consumers');
    evidence.note('events before the group', await system.redis.xlen('millrace:{0}:events'));
    await Promise.all([system.startConsumer(), system.startConsumer()]);
  },
};
