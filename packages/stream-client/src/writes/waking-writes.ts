import type { ScriptName } from '../scripts.js';
import type { DurableWrites } from './durable-writes.js';

/** Scripts after which there may be something to read that was not there before. */
const WAKING: ReadonlySet<ScriptName> = new Set([
  'redrive',
  'job-redrive',
  'discard',
  'job-discard',
  'resolve',
  'cancel',
  'answer-parked',
  'expire-parked',
]);

/** The same writes; readers are told after those that may have put something into the stream. */
export function wakingWrites(writes: DurableWrites, wake: () => void): DurableWrites {
  return {
    run: (name, keys, args) => {
      const reply = writes.run(name, keys, args);
      return WAKING.has(name) ? wakeAfter(reply, wake) : reply;
    },
    runForBytes: (...call) => writes.runForBytes(...call),
  };
}

async function wakeAfter(reply: Promise<unknown>, wake: () => void): Promise<unknown> {
  const answer = await reply;
  wake();
  return answer;
}
