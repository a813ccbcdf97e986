import { append } from './append.ts';
import { enterLanes, mendLanes } from './lanes.ts';
import { claim, heartbeat, release } from './leases.ts';
import { look, noteCalls, openMap } from './look.ts';
import type { Partition } from './partition.ts';
import { promoteDue } from './promote-due.ts';
import { settle } from './settle.ts';

/** A script: what the one under `packages/stream-client/lua` of that name does to a partition, and what that costs. */
export type Script = (partition: Partition, keys: readonly string[], args: readonly Argument[]) => unknown;
export type Argument = string | number | Buffer;

const nothing: Script = () => '';
const none: Script = () => 0;

const readRecord: Script = (partition, [key = '']) => {
  const [, ref = ''] = key.split(':record:');
  return [...(partition.records.get(ref) ?? [])].flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value)]);
};

/** The scripts that consumers and producers run in the simulation. Of what never happens there, nothing is carried out. */
export const SCRIPTS: Readonly<Record<string, Script>> = {
  append,
  settle,
  'read-record': readRecord,
  heartbeat,
  release,
  claim,
  'promote-due': promoteDue,
  'enter-lanes': enterLanes,
  'mend-lanes': mendLanes,
  look,
  'open-map': openMap,
  'note-calls': noteCalls,
  'create-group': () => ['there', 0],
  'rebase-idle': nothing,
  'rebase-due': none,
  'forget-consumer': () => 'kept',
  trim: none,
  announce: none,
};
