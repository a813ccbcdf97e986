import { type Finding, judge } from '@millrace/cli';
import { type RunningCommand, settingsFor, startCommand } from '../system/command.ts';
import { countPartitions, readFence, readMapLines } from '../system/redis-facts.ts';
import type { OrderedLoad } from './ordered-load.ts';
import type { Stage } from './stage.ts';

export const WANTED = 16;
/** Longest a change may take to its end, with everybody else at work, in ms. */
const CHANGE_LIMIT_MS = 120_000;
const CONSUMER_KILLS = 3;

export const CONSUMERS_KILLED = 'consumers killed with entries in hand after the change was begun';
export const PRODUCER_KILLED = 'kills of the producer after the change was begun';

export function startChange(stage: Stage): RunningCommand {
  const args = ['partitions', 'change', String(WANTED), '--yes', '--json'];
  return startCommand(args, settingsFor(stage.system), stage.signal);
}

/** Runs the command again and again until it ends well: everything from before the change has been worked on by then. */
export async function changeToTheEnd(stage: Stage): Promise<void> {
  const startedAt = performance.now();
  let notes = '';
  await stage.until(
    async () => {
      const end = await startChange(stage).ended;
      notes = end.notes;
      return end.code === 0;
    },
    'the change has come to its end',
    CHANGE_LIMIT_MS,
  );
  stage.timing('the change came to its end', performance.now() - startedAt);
  if (!notes.includes(`new events go to ${WANTED} partition(s)`)) throw new Error(`the command said: ${notes}`);
}

/** Kills consumers in the middle of calls, and the producer, each replaced. */
export async function killWorkers(stage: Stage): Promise<void> {
  const { system, nemesis, evidence } = stage;
  for (let kill = 0; kill < CONSUMER_KILLS; kill += 1) {
    await nemesis.killHolding();
    evidence.note(CONSUMERS_KILLED);
    await system.startConsumer();
  }
  await system.producer.kill();
  evidence.note(PRODUCER_KILLED);
  await system.startProducer();
}

/** What a change leaves behind: one number that counts, every old partition closed, and the order of each key. */
export async function judgeChange({ system }: Stage, from: number, ordered: OrderedLoad): Promise<readonly Finding[]> {
  const count = await countPartitions(system.facts);
  const fences = await Promise.all(Array.from({ length: from }, (_, at) => readFence(system.facts, at)));
  const open = fences.flatMap((epoch, at) => (epoch === 2 ? [] : [at]));
  const map = (await readMapLines(system.facts)).map(({ partitions, state }) => `${partitions} ${state}`).join(', ');
  return [
    judge('changed', count === WANTED ? undefined : `the map says: ${map}`, false),
    judge('closed', open.length === 0 ? undefined : `old partitions without a fence: ${open.join()}`, false),
    ...(await ordered.judge()),
  ];
}
