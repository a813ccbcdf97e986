import { TIMES, type Trigger } from '../trigger.ts';

const RATE = 80;
const CALL_MS = 30;
const LOAD_MS = 1_500;

/** Every consumer dies while events come in and calls end all the time. */
export const killedUnderLoad: Trigger = {
  fault: 'every consumer is killed while calls end',
  consumers: 2,
  times: TIMES,
  evidence: { 'consumers killed': 2 },
  async run(stage) {
    await stage.slowTools(CALL_MS);
    const load = stage.startLoad(RATE);
    await stage.sleep(LOAD_MS);
    for (const consumer of stage.system.runningConsumers) {
      await consumer.kill();
      stage.evidence.note('consumers killed');
    }
    await load.stop();
  },
};
