import {
  type AnnouncedConfiguration,
  announcedName,
  beginChange,
  completeChange,
  type Epoch,
  type LeftBefore,
  leftBefore,
  MAX_PARTITIONS,
  mayBecome,
  type PartitionMap,
  type Partitions,
  readAnnouncedInUse,
} from '@millrace/stream-client';
import { ofEach } from './in-turn.js';

/** What an old partition has left from before a change. */
export interface LeftIn extends LeftBefore {
  readonly partition: number;
}

/** Partitions that are shown one by one: those that have something left, in the order of their numbers. */
const MOST_SHOWN = 64;
/** How often configurations are looked at that come up while they are. */
const MAX_LOOKS = 10;

/** What came of asking for another number of partitions. `refused` names all reasons, each with its mend. */
export type ChangeAsked =
  | { readonly kind: 'changed'; readonly from: number }
  | { readonly kind: 'as-it-was' }
  | { readonly kind: 'not-a-multiple'; readonly detail: string }
  | { readonly kind: 'busy'; readonly wanted: number }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/**
 * Changes the number of partitions, or carries on the change to this number that is under way. Once it resolves with
 * `changed`, new events find their partition by it. Throws StreamError; asking again is safe, and needed where it is not known
 * how far it came.
 */
export async function changePartitions(partitions: Partitions, wanted: number): Promise<ChangeAsked> {
  await partitions.refresh();
  const { active, preparing } = partitions.map;
  const from = active.partitions;
  if (preparing === undefined) {
    if (wanted === from) return { kind: 'as-it-was' };
    if (!mayBecome(from, wanted)) return { kind: 'not-a-multiple', detail: describeGrowth(from, wanted) };
    const refusal = await beginIfNothingHinders(partitions, wanted);
    if (refusal !== undefined) return refusal;
  } else if (preparing.partitions !== wanted) {
    return { kind: 'busy', wanted: preparing.partitions };
  }
  await completeChange(partitions);
  const now = partitions.map;
  return now.active.partitions === wanted ? { kind: 'changed', from } : { kind: 'busy', wanted: comingIn(now) };
}

/** How many partitions there will be next. */
function comingIn({ preparing, active }: PartitionMap): number {
  return (preparing ?? active).partitions;
}

/** A configuration that is announced meanwhile is looked at as well, before anything is written down. */
async function beginIfNothingHinders(partitions: Partitions, wanted: number): Promise<ChangeAsked | undefined> {
  for (let looks = 1; ; looks++) {
    const configurations = await readAnnouncedInUse(partitions.home);
    const problems = findHindrances(configurations);
    if (problems.length > 0) return { kind: 'refused', problems };
    const { kind, map } = await beginChange(partitions, wanted, configurations.map(announcedName));
    if (kind === 'prepared') return undefined;
    // A call before this one, of which the answer was lost, may be making the very change, or have made it.
    if (kind === 'busy') return comingIn(map) === wanted ? undefined : { kind: 'busy', wanted: comingIn(map) };
    if (looks === MAX_LOOKS) return { kind: 'refused', problems: ['consumers change their configuration: ask again'] };
  }
}

function describeGrowth(from: number, wanted: number): string {
  const reason = wanted < from ? 'partitions cannot be taken away' : 'a key would go to a partition that others have';
  return `${from} partition(s) may become a multiple, such as ${2 * from} or ${4 * from}, and ${MAX_PARTITIONS} at most; ${wanted} is refused: ${reason}`;
}

/** What consumers work under that would not be kept. */
function findHindrances(configurations: readonly AnnouncedConfiguration[]): string[] {
  const found = configurations.flatMap(({ version, keyed, asksByMap = false }) => {
    const hasOtherKeys = keyed?.some(({ what, by }) => what === 'ordered' && by !== 'partitionkey');
    if (keyed === undefined || (hasOtherKeys && !asksByMap))
      return [`configuration ${version} was announced by a consumer of an older release: start that anew first`];
    return keyed.flatMap(({ route, what }) =>
      what === 'context'
        ? [`route ${route}: agent.context: what it remembers would stay behind; leave the context out meanwhile`]
        : [],
    );
  });
  return [...new Set(found)];
}

/** How many partitions there are, and how far a change of their number has come. */
export async function describeChange(partitions: Partitions) {
  const { active, preparing, draining, epochs } = partitions.map;
  const left = await leftInEarlier(partitions);
  const some = left.filter(({ unread, held, waiting, deadLetters }) => unread + held + waiting + deadLetters > 0);
  const sum = (of: (one: LeftIn) => number) => left.reduce((total, one) => total + of(one), 0);
  return {
    partitions: active.partitions,
    epoch: active.epoch,
    state: preparing !== undefined ? 'preparing' : draining.length > 0 ? 'draining' : 'settled',
    epochs: epochs.map(toEpochView),
    left: {
      unread: sum(({ unread }) => unread),
      held: sum(({ held }) => held),
      waiting: sum(({ waiting }) => waiting),
      deadLetters: sum(({ deadLetters }) => deadLetters),
      isExact: left.every(({ isExact }) => isExact),
    },
    leftIn: some.slice(0, MOST_SHOWN),
  };
}

function toEpochView({ epoch, partitions, state, sinceMs }: Epoch) {
  return { epoch, partitions, state, since: new Date(sinceMs).toISOString() };
}

/** What the partitions of all maps that are draining have left. */
export async function leftInEarlier({ map, all }: Partitions): Promise<LeftIn[]> {
  const count = Math.max(0, ...map.draining.map(({ partitions }) => partitions));
  const found = await ofEach(all.slice(0, count), async (stream) => ({
    partition: Number(stream.keys.partition),
    ...((await leftBefore(stream)) ?? NOTHING_KNOWN),
  }));
  return found;
}

/** Of one that says of no fence: that has to be looked into, and nothing is taken for finished. */
const NOTHING_KNOWN: LeftBefore = { unread: 0, held: 0, waiting: 0, deadLetters: 0, isExact: false };
