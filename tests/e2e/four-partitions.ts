import { partitionOf } from '@millrace/stream-client';
import { waitUntil } from '@millrace/testing';
import { SHORT_TIMES, System } from '../system/system.js';

export const PARTITIONS = 4;

/** Starts a system of four partitions and three consumers, with times that are short. */
export function startFourPartitions(routes: string): Promise<System> {
  const env = { ...SHORT_TIMES, MILLRACE_PARTITIONS: String(PARTITIONS) };
  return System.start(3, { config: { 'routes.yaml': routes }, env });
}

/** The partition that a partition key leads to. */
export function homeOf(partitionkey: string): number {
  return partitionOf({ id: '', source: '', attributes: { partitionkey } }, PARTITIONS);
}

/** A key whose partition is this one. */
export function keyIn(partition: number): string {
  return (
    numbers(50)
      .map((at) => `key-${at}`)
      .find((key) => homeOf(key) === partition) ?? ''
  );
}

/** From 0, so many. */
export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

/** Kills so many consumers, one after the other, each while it holds something; another takes its place. */
export async function killAtWork(system: System, kills: number): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = system.consumers.shift();
    await waitUntil(async () => (await system.heldBy(victim?.pid ?? 0)) > 0, 'the victim holds something');
    await victim?.kill();
    await system.startConsumer();
  }
}
