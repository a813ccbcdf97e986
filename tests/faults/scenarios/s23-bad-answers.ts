import { judge } from '@millrace/cli';
import { answer, said, serveCalls } from '@millrace/testing';
import { POISON } from '../poison.ts';
import type { Scenario } from '../scenario.ts';
import { startSystem } from '../start-system.ts';

const RATE = 60;
const BULK_BYTES = 5_000_000;

/** S23: events that harm nobody's process, and can never be carried out. */
export const badAnswers: Scenario = {
  id: 'S23-bad',
  title: 'a tool that fails, a result of 5 MB and an entry that nobody can read are dead letters, and cost nobody else',
  fault: 'a failing tool, a result of 5 MB, a foreign entry in the stream',
  evidence: { 'tool calls that failed': 3, 'results of 5 MB': 1, 'foreign entries': 1 },
  minAccepted: 100,
  isShort: true,
  async start() {
    const bulk = 'x'.repeat(BULK_BYTES);
    const server = await serveCalls(({ response, message }) => answer(response, said(message, bulk)));
    const system = await startSystem(2, { env: { MCP_BULKY_URL: server.url } });
    system.onStop(() => server.kill());
    return system;
  },
  async run(stage) {
    const { system, evidence, findings } = stage;
    const load = stage.startLoad(RATE);
    await stage.warmUp();
    await stage.setFaults((tool) => [{ tool, kind: 'error', eventIdPrefix: POISON }]);
    const throwing = await system.post({ type: 'dev.millrace.verify.at-least-once', id: `${POISON}throws`, data: {} });
    const bulky = await system.post({ type: 'dev.millrace.fault.bulky', id: `${POISON}bulky`, data: {} });
    await system.redis.xadd('millrace:{0}:events', '*', 'who', 'somebody else', 'what', '{"not":"ours"}');
    evidence.note('foreign entries');
    const dead = [
      await system.untilState(throwing.body.ref, 'dead', 60_000),
      await system.untilState(bulky.body.ref, 'dead', 60_000),
    ];
    await stage.until(async () => (await system.deadLetters()) >= 3, 'the foreign entry is a dead letter');
    evidence.note('tool calls that failed', dead[0]?.routes[0]?.attempts ?? 0);
    evidence.note('results of 5 MB', dead[1]?.routes[0]?.attempts ?? 0);
    const seen = dead.map(({ routes }) => `${routes[0]?.reason} ${routes[0]?.error?.code}`).join(', ');
    const expected = 'attempts-exhausted TOOL_REPORTED_ERROR, refused TOOL_RESULT_TOO_LARGE';
    findings.push(judge('why-they-are-dead', seen === expected ? undefined : `${seen}, not ${expected}`, false));
    await stage.sleep(3_000);
    await load.stop();
  },
};
