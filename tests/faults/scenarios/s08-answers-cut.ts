import { judgeIds } from '@millrace/cli';
import { countAcceptances } from '../../system/redis-facts.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const CUTS = 30;
const RATE = 90;

/** S8: the sender does not hear that its event was accepted, and sends it again. */
export const answersCut: Scenario = {
  id: 'S8',
  title: 'an event whose 202 was lost is known when it is sent again, and is one entry',
  fault: 'answers of the producer are cut off',
  evidence: { 'answers cut': CUTS, 'repeats answered as duplicates': 10 },
  minAccepted: 100,
  isShort: true,
  start: () => startSystem(2, { proxied: ['producer'] }),
  async run(stage) {
    const { system, evidence, ledger } = stage;
    const proxy = system.proxy('producer');
    const load = stage.startLoad(RATE);
    await stage.sleep(1_000);
    proxy.set({ kind: 'cut-reply', times: CUTS, where: (request) => request.includes('POST /v1/events') });
    await stage.until(() => proxy.counts.cuts >= CUTS, 'the answers are cut');
    await stage.sleep(3_000);
    await load.stop();
    evidence.note('answers cut', proxy.counts.cuts);
    const repeats = ledger.list().reduce((sum, { duplicateAnswers }) => sum + duplicateAnswers, 0);
    evidence.note('repeats answered as duplicates', repeats);
    const accepted = await countAcceptances(system.facts);
    const several = ledger.list().filter(({ id, acceptance }) => acceptance === 'accepted' && accepted.get(id) !== 1);
    stage.findings.push(
      judgeIds(
        'one-entry',
        several.map(({ id }) => id),
      ),
    );
  },
};
