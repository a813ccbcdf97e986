import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const KILLS = 4;
const RATE = 90;

/** S7: the producer is killed while it takes events in. */
export const producerKilled: Scenario = {
  id: 'S7',
  title: 'what was answered 202 is there, and what was not is there once at most',
  fault: 'kill -9 of the producer under load',
  evidence: { 'kills of the producer': KILLS, 'posts whose answer was lost': 5, 'repeats known as such': 1 },
  minAccepted: 100,
  isShort: true,
  start: (env) => startSystem(2, { env }),
  async run(stage) {
    const { system, evidence, ledger } = stage;
    const load = stage.startLoad(RATE);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await stage.sleep(400 + 400 * stage.random());
      // Every other time it dies with posts in its hands that it has not looked at; else wherever it happens to be. While
      // Redis stands still, posts are appended that it cannot answer any more.
      if (kill % 2 === 0) system.redisServer.freeze();
      else system.producer.freeze();
      await stage.until(() => ledger.longestWaitMs() > 150, 'posts wait for their answer');
      if (kill % 2 === 0) {
        system.redisServer.thaw();
        await stage.until(async () => (await system.redis.ping()) === 'PONG', 'Redis goes on');
      }
      await system.producer.kill();
      evidence.note('kills of the producer');
      await system.startProducer();
    }
    await stage.sleep(1_000);
    await load.stop();
    evidence.note('posts whose answer was lost', stage.producer.posts.filter(({ kind }) => kind === 'lost').length);
    const repeats = ledger.list().reduce((sum, { duplicateAnswers }) => sum + duplicateAnswers, 0);
    evidence.note('repeats known as such', repeats);
  },
};
