import { TIMES, type Trigger } from '../trigger.ts';

const RATE = 60;
const CUTS = 10;
const EVENTS = 60;

/** Tools act, and their answers are lost. */
export const answersCut: Trigger = {
  fault: 'answers are cut after the effect',
  consumers: 1,
  times: TIMES,
  evidence: { 'answers cut': 2 * CUTS },
  minAccepted: 12,
  async run(stage) {
    const { system } = stage;
    await stage.setFaults((tool) => [{ tool, kind: 'cut-after-effect', times: CUTS }]);
    const load = stage.startLoad(RATE);
    await stage.until(() => stage.ledger.size >= EVENTS, 'enough events have been sent');
    await load.stop();
    const urls = [...system.clouds.values()].map(({ url }) => url);
    const taken = await stage.until(async () => {
      const count = await countTaken(urls);
      return count >= 2 * CUTS && count;
    }, 'answers are cut');
    stage.evidence.note('answers cut', taken);
  },
};

async function countTaken(urls: readonly string[]): Promise<number> {
  const lists = await Promise.all(urls.map(async (url) => (await fetch(`${url}/faults`)).json()));
  return (lists.flat() as { readonly taken: number }[]).reduce((sum, { taken }) => sum + taken, 0);
}
