import { ACCEPTED_AT_LAST, KILLS_WITH_HELD_WORK, killRedis } from '../redis-killing.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const KILLS = 3;

/** S10: `kill -9` of Redis in the middle of writes; it comes back with what is on its disk. */
export const redisKilled: Scenario = {
  id: 'S10',
  title: 'a Redis that is killed in the middle of writes loses nothing that was accepted',
  fault: 'kill -9 of Redis, appendfsync always',
  evidence: { [ACCEPTED_AT_LAST]: 5, [KILLS_WITH_HELD_WORK]: KILLS },
  minAccepted: 60,
  isShort: true,
  start: () => startSystem(2),
  async run(stage) {
    await stage.slowTools(80);
    const load = stage.startLoad(RATE);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await stage.sleep(500 + 1_000 * stage.random());
      await killRedis(stage, stage.system.redisServer, 1_000);
    }
    await load.stop();
  },
};
