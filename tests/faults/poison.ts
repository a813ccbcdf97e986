import type { RecordBody } from '../system/answers.ts';
import { findHolder } from '../system/redis-facts.ts';
import { runInside } from './inspector.ts';
import type { Stage } from './stage.ts';

/** The beginning of the ids of poisonous events; the mock clouds never answer their calls. */
export const POISON = 'poison-';
const TYPE = 'dev.millrace.verify.at-least-once';
const CLOUD = 'gcp';
/** The crashes of one poison are bounded by its starts; this bounds a hang. */
const LIMIT_MS = 240_000;

/**
 * Posts an event that ends whichever process carries it out: as soon as a consumer is in the middle of its call, `code`
 * runs on that consumer's main thread. Resolves with the record once the event is dead, noting every strike.
 */
export async function letPoisonStrike(stage: Stage, name: string, code: string): Promise<RecordBody> {
  const { system, evidence, signal } = stage;
  const id = `${POISON}${name}`;
  const { body } = await system.post({ type: TYPE, id, data: {} });
  const giveUpAt = performance.now() + LIMIT_MS;
  let struck = { starts: 0, calls: 0 };
  for (; performance.now() < giveUpAt; await stage.sleep(100)) {
    signal.throwIfAborted();
    const record = await system.record(body.ref);
    if (record.state === 'dead' || record.state === 'done') return record;
    const holder = await findHolder(system.facts, body.ref);
    if (holder === undefined || holder.starts <= struck.starts) continue;
    const calls = (await system.witnessed(CLOUD)).get(id)?.requests ?? 0;
    const process = system.runningConsumers.find(({ pid }) => pid === holder.pid);
    // It has a call under way that no earlier strike has met, and is a process that we know.
    if (calls <= struck.calls || process === undefined) continue;
    await runInside(process, code);
    struck = { starts: holder.starts, calls };
    evidence.note('consumers that the poison has struck');
  }
  throw new Error(`${id} did not come to its end within ${LIMIT_MS} ms`);
}
