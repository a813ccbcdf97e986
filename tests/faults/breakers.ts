import { judge } from '@millrace/cli';
import type { WitnessCount } from '../system/mock-cloud.ts';
import { haveEnded, type ShakyEvent } from './shaky-events.ts';
import type { Stage } from './stage.ts';
import { sumCounters } from './sum-counters.ts';

/** A mode counts when its failures opened a breaker. */
export const BREAKER_OPENED = 'modes in which a breaker opened';

/** As `config/servers.yaml` has it: failures in a row after which no call goes out; calls of one consumer at once. */
const FAILURES = 3;
const CONCURRENCY = 1;
const OPENED = 'millrace_breaker_opened_total{server="shaky"}';
const STATE = 'millrace_breaker_state{server="shaky"}';

type Witnessed = () => Promise<ReadonlyMap<string, WitnessCount>>;

/** Looks at the breakers of all consumers, and waits for one of them to open over these events. */
export async function expectBreakersToOpen(stage: Stage) {
  const consumers = stage.system.runningConsumers;
  const before = await sumCounters(consumers, OPENED);
  /**
   * Until then each consumer may have sent as many calls as its breaker allows, one for each time that it tried again in
   * vain, and one more try that has no answer yet.
   */
  return async (name: string, events: readonly ShakyEvent[], witnessed: Witnessed): Promise<void> => {
    while ((await sumCounters(consumers, OPENED)) === before) {
      if (await haveEnded(stage, events)) return;
      await stage.sleep(5);
    }
    let requests = 0;
    for (const counts of (await witnessed()).values()) requests += counts.requests;
    const opened = (await sumCounters(consumers, OPENED)) - before;
    const allowed = consumers.length * (FAILURES + CONCURRENCY - 1) + opened + consumers.length;
    stage.evidence.note(BREAKER_OPENED);
    const why = requests <= allowed ? undefined : `${requests} calls, ${allowed} are allowed`;
    stage.findings.push(judge(`breaker-opens: ${name}`, why, false));
  };
}

/** The server is well: sends calls now and then, until every consumer lets them through again. All of them are done. */
export async function untilBreakersClose(stage: Stage, name: string): Promise<void> {
  const { system } = stage;
  const from = performance.now();
  const refs: string[] = [];
  const areClosed = async () => {
    if ((await sumCounters(system.runningConsumers, STATE)) === 0) return true;
    const id = `well-${name.replaceAll(' ', '-')}-${refs.length}`;
    const { body } = await system.post({ type: 'dev.millrace.shaky.keyed', id, data: {} });
    refs.push(body.ref);
    await stage.sleep(100);
    return false;
  };
  await stage.until(areClosed, `every breaker is closed after: ${name}`);
  stage.worstTiming('every breaker closed after the server was well', performance.now() - from);
  for (const ref of refs) await system.untilState(ref, 'done', 60_000);
}
