import { judge } from '@millrace/cli';
import type { RecordBody } from '../../system/answers.ts';
import type { FaultRule, WitnessCount } from '../../system/mock-cloud.ts';
import { BREAKER_OPENED, expectBreakersToOpen, untilBreakersClose } from '../breakers.ts';
import type { Scenario } from '../scenario.ts';
import {
  describeEnded,
  type EndedEvent,
  isRepeated,
  postShaky,
  SHAKY_ROUTES,
  type ShakyEvent,
  untilEnded,
} from '../shaky-events.ts';
import { ShakyServer } from '../shaky-server.ts';
import type { Stage } from '../stage.ts';
import { startSystem } from '../start-system.ts';

const RATE = 20;
const PER_ROUTE = 4;
/** Calls that each mode has to strike. */
const MIN_STRUCK = 10;
const REMOVED = 'its tools removed';
const RESTARTED = 'restarted in the middle';

/** A way in which a call gets no usable answer, and what is to be made of it. */
interface Mode {
  readonly name: string;
  readonly rule: FaultRule;
  readonly code: string;
  /** Whether the tool does its work all the same. */
  readonly isCarriedOut: boolean;
}

const lost = { code: 'TOOL_ANSWER_LOST', isCarriedOut: true };
const MODES: readonly Mode[] = [
  { name: 'hang', rule: { kind: 'hang' }, code: 'TOOL_TIMEOUT', isCarriedOut: false },
  { name: 'HTTP 500', rule: { kind: 'http-error' }, code: 'TOOL_SERVER_ERROR', isCarriedOut: false },
  { name: 'garbage', rule: { kind: 'garbage' }, ...lost },
  { name: 'wrong id', rule: { kind: 'wrong-id' }, ...lost },
  { name: 'cut after the effect', rule: { kind: 'cut-after-effect' }, ...lost },
  { name: 'slow drip', rule: { kind: 'slow-drip', delayMs: 10_000 }, code: 'TOOL_TIMEOUT', isCarriedOut: true },
];

let shaky: ShakyServer;
/** Events that ended with an unknown outcome. */
const unknowns = new Set<string>();

/** S24: what an MCP server may do to a call, one thing at a time, along each guarantee. */
export const toolFaults: Scenario = {
  id: 'S24',
  title: 'an unknown outcome is repeated only where that is safe, and a server that does not answer is left alone',
  fault: `${[...MODES.map(({ name }) => name), RESTARTED, REMOVED].join(', ')}: one server, one after the other`,
  evidence: {
    ...Object.fromEntries(
      [...MODES.map(({ name }) => name), RESTARTED, REMOVED].map((name) => [struck(name), MIN_STRUCK]),
    ),
    [BREAKER_OPENED]: MODES.length,
  },
  minAccepted: 100,
  isShort: false,
  async start() {
    unknowns.clear();
    shaky = await ShakyServer.start();
    const system = await startSystem(2, { env: { MCP_SHAKY_URL: `${shaky.url}/mcp` } }).catch(async (error) => {
      await shaky.stop();
      throw error;
    });
    system.onStop(() => shaky.stop());
    return system;
  },
  async run(stage) {
    const load = stage.startLoad(RATE);
    await stage.warmUp();
    for (const mode of MODES) await strike(stage, mode);
    await restartInTheMiddle(stage);
    await removeTools(stage);
    await load.stop();
    await judgeDeadLetters(stage);
  },
};

function struck(name: string): string {
  return `calls struck: ${name}`;
}

/** Every call is struck until a breaker opens, and after that the first one of each event that comes. */
async function strike(stage: Stage, { name, rule, code, isCarriedOut }: Mode): Promise<void> {
  const prefix = `${rule.kind}-`;
  const witnessed = () => shaky.witnessed(prefix);
  await shaky.setFaults([{ ...rule, eventIdPrefix: prefix }]);
  const untilOpen = await expectBreakersToOpen(stage);
  const startedAt = performance.now();
  const events = await postShaky(stage, prefix, PER_ROUTE);
  await untilOpen(name, events, witnessed);
  await shaky.setFaults(events.map(({ id }) => ({ ...rule, eventIdPrefix: id, times: 1 })));
  const ended = await untilEnded(stage, events, witnessed);
  stage.timing(`${name}: all of them settled`, performance.now() - startedAt);
  for (const { route, counts } of ended) {
    stage.evidence.note(struck(name), isRepeated(route) ? counts.requests - 1 : counts.requests);
  }
  judgeEach(stage, name, ended, ({ route, record, counts }) => {
    const { requests, effects } = counts;
    if (!isRepeated(route)) return isUnknown(record, code) && requests === 1 && effects === (isCarriedOut ? 1 : 0);
    const expected = route === 'keyed' || !isCarriedOut ? 1 : requests;
    return record.state === 'done' && requests >= 2 && effects === expected;
  });
  await untilBreakersClose(stage, name);
}

/** The server is killed and started again while it works on calls, until enough of them were lost with it. */
async function restartInTheMiddle(stage: Stage): Promise<void> {
  const prefix = 'restart-';
  const slow: FaultRule = { kind: 'delay', delayMs: 400, eventIdPrefix: prefix };
  const events: ShakyEvent[] = [];
  const unanswered = async () => countUnanswered((await shaky.witnessed(prefix)).values());
  for (let round = 0, lostSoFar = 0; lostSoFar < MIN_STRUCK + 2; round += 1) {
    await shaky.setFaults([slow]);
    events.push(...(await postShaky(stage, `${prefix}${round}-`, 1)));
    await stage.until(async () => (await unanswered()) >= lostSoFar + 2, 'both consumers have a call under way');
    lostSoFar = await unanswered();
    await shaky.restart();
  }
  const ended = await untilEnded(stage, events, () => shaky.witnessed(prefix));
  stage.evidence.note(struck(RESTARTED), countUnanswered(ended.map(({ counts }) => counts)));
  judgeEach(stage, RESTARTED, ended, ({ route, record, counts }) => {
    const { requests, effects } = counts;
    if (isRepeated(route)) return record.state === 'done' && effects >= 1 && (route !== 'keyed' || effects === 1);
    if (record.state === 'done') return effects === 1 && requests === 1;
    // The server may have been killed with the request in its socket, before it has noticed it.
    return isUnknown(record, 'TOOL_ANSWER_LOST') && requests <= 1;
  });
  await untilBreakersClose(stage, RESTARTED);
}

/** The server comes back without the tools: nothing is carried out, and everything once it has them again. */
async function removeTools(stage: Stage): Promise<void> {
  const prefix = 'removed-';
  await shaky.restart('gcp');
  const events = await postShaky(stage, prefix, PER_ROUTE);
  const refused = await untilEnded(stage, events, () => shaky.witnessed(prefix));
  const struckBy = refused.filter(({ record }) => record.routes[0]?.error?.code === 'TOOL_UNKNOWN');
  stage.evidence.note(struck(REMOVED), struckBy.length);
  judgeEach(stage, REMOVED, refused, ({ record, counts }) => {
    const [delivery] = record.routes;
    return delivery?.reason === 'refused' && counts.requests === 1 && counts.effects === 0;
  });
  await shaky.restart();
  await redriveAll(stage, 'TOOL_UNKNOWN');
  for (const { ref } of events) await stage.system.untilState(ref, 'done', 60_000);
  const again = await untilEnded(stage, events, () => shaky.witnessed(prefix));
  judgeEach(stage, `${REMOVED}, then redriven`, again, ({ record, counts }) => {
    return record.state === 'done' && counts.effects === 1;
  });
}

async function redriveAll({ operator, signal }: Stage, code: string): Promise<void> {
  const json = JSON.stringify({ filter: { code }, rate: 500 });
  await operator.request({ method: 'POST', path: '/v1/dead-letters/redrives', json, signal });
}

/** Whatever ended with an unknown outcome waits for a person, and nothing else does. */
async function judgeDeadLetters({ operator, findings, signal }: Stage): Promise<void> {
  const path = '/v1/dead-letters?limit=200&reason=outcome-unknown';
  const pages = SHAKY_ROUTES.map((route) => operator.request({ path: `${path}&route=shaky-${route}`, signal }));
  const kept = (await Promise.all(pages)).flatMap(({ body }) => (body as { items: { ref: string }[] }).items);
  const refs = new Set(kept.map(({ ref }) => ref));
  const why =
    unknowns.size === refs.size && [...unknowns].every((ref) => refs.has(ref))
      ? undefined
      : `${refs.size}, not ${unknowns.size}`;
  findings.push(judge('unknown-outcomes-are-dead-letters', why, false));
}

/** Calls that were never answered, and calls under way. */
function countUnanswered(all: Iterable<WitnessCount>): number {
  let count = 0;
  for (const { requests, effects } of all) count += Math.max(0, requests - effects);
  return count;
}

function judgeEach(stage: Stage, name: string, ended: readonly EndedEvent[], isRight: (one: EndedEvent) => boolean) {
  for (const { ref, record } of ended) if (record.routes[0]?.reason === 'outcome-unknown') unknowns.add(ref);
  const wrong = ended.filter((one) => !isRight(one)).map(describeEnded);
  stage.findings.push(judge(`outcomes: ${name}`, wrong.length === 0 ? undefined : wrong.join('; '), false));
}

function isUnknown({ state, routes: [delivery] }: RecordBody, code: string): boolean {
  return state === 'dead' && delivery?.reason === 'outcome-unknown' && delivery.error?.code === code;
}
