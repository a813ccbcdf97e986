import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const FROZEN_MS = 8_000;
const LATE = 'writes carried out after their sender was told 503';

/** S14: Redis stands still for longer than every command waits, and goes on where it stopped. */
export const redisFrozen: Scenario = {
  id: 'S14',
  title: 'a Redis that stands still costs an answer in time and repeats nothing',
  fault: `SIGSTOP of Redis for ${FROZEN_MS / 1_000} s`,
  evidence: { [LATE]: 1, 'entries held when it froze': 1 },
  minAccepted: 60,
  isShort: false,
  start: () => startSystem(2),
  async run(stage) {
    const { system, evidence } = stage;
    await stage.slowTools(100);
    const load = stage.startLoad(RATE);
    await stage.until(async () => (await system.unfinished()).pending > 3, 'work is held');
    evidence.note('entries held when it froze', (await system.unfinished()).pending);
    system.redisServer.freeze();
    const late = { type: 'frozen', id: 'late-1', source: '/late', data: {} };
    const startedAt = performance.now();
    const { status } = await system.post(late);
    stage.timing('an answer while it stands still', performance.now() - startedAt, 3_000);
    await stage.sleep(FROZEN_MS);
    system.redisServer.thaw();
    const { body } = await stage.until(async () => {
      const posted = await system.post(late);
      return posted.status === 202 && posted;
    }, 'events are accepted again');
    if (status === 503 && body.duplicate) evidence.note(LATE);
    await stage.sleep(2_000);
    await load.stop();
  },
};
