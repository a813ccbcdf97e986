import { sleep } from '@millrace/core';
import type { HttpClient } from '../http-client.js';
import type { EvidenceLog } from './evidence-log.js';
import { type ConsumerFacts, listConsumers } from './operator-reader.js';
import type { ProcessTable, SystemProcess } from './process-table.js';
import { between, pick, type Random } from './random.js';

/** Between two kills, in ms. */
const KILL_PAUSE_MS = [300, 1_200] as const;
/** A consumer is not killed before it has been at work for so long, in ms: a system that never gets to work proves little. */
const MIN_LIFE_MS = 1_500;
/** How long Redis is frozen, in ms. */
const FREEZE_MS = [1_000, 3_000] as const;
/** About so often Redis is frozen, in ms. */
const FREEZE_EVERY_MS = 20_000;
/**
 * An entry that two consumers did not survive is handled alone, and is a dead letter after a few more. Killing whoever
 * handles it would make a poison of a good event; so a victim holds at least this many entries.
 */
const MIN_HELD = 2;
/** A victim is looked at so often for work that it holds, before another one is chosen. */
const MAX_LOOKS = 40;

export interface ProcessFaultParts {
  readonly processes: ProcessTable;
  readonly operator: HttpClient;
  readonly evidence: EvidenceLog;
  readonly random: Random;
  /** For how long the post that has waited longest has been without an answer, in ms. */
  readonly longestWaitMs: () => number;
}

/** Kills consumers and freezes Redis, one after the other, until the signal aborts. */
export async function troubleProcesses(
  kinds: { readonly kill: boolean; readonly freeze: boolean },
  durationMs: number,
  parts: ProcessFaultParts,
  signal: AbortSignal,
): Promise<void> {
  const { random } = parts;
  const startedAt = performance.now();
  const workingSince = new Map<number, number>();
  const freezes = Math.max(1, Math.floor(durationMs / FREEZE_EVERY_MS));
  const freezeTimes = kinds.freeze ? planTimes(freezes, durationMs, random) : [];
  while (!signal.aborted) {
    const freezeAt = freezeTimes[0] ?? Number.POSITIVE_INFINITY;
    if (performance.now() - startedAt >= freezeAt) {
      freezeTimes.shift();
      await freezeRedis(parts, signal);
    } else if (kinds.kill) {
      const victim = pick(random, await listGrown(parts, workingSince));
      if (victim !== undefined) await killConsumer(victim, parts, signal);
    }
    await sleep(between(random, ...KILL_PAUSE_MS), signal);
  }
}

/** One moment in the middle of each of `count` equal parts, give or take. */
function planTimes(count: number, durationMs: number, random: Random): number[] {
  return Array.from({ length: count }, (_, at) => ((at + 0.3 + 0.4 * random()) * durationMs) / count);
}

/**
 * Kills a consumer that holds work. It is stopped before it is looked at, so that what it holds is what it dies with; one
 * that holds too little is let go, and looked at again.
 */
async function killConsumer(
  victim: SystemProcess,
  { processes, operator, evidence, random }: ProcessFaultParts,
  signal: AbortSignal,
): Promise<void> {
  for (let looks = 0; looks < MAX_LOOKS && !signal.aborted; looks += 1) {
    if (!processes.stop(victim)) return;
    const held = await countHeld(operator, victim);
    if (held >= MIN_HELD) {
      if (processes.kill(victim)) evidence.note('kill', 1, 1);
      return;
    }
    processes.resume(victim);
    await sleep(between(random, 10, 60), signal);
  }
}

/** Consumers that have been at work for long enough. `workingSince` remembers those that run, and forgets the others. */
async function listGrown(
  { processes, operator }: Pick<ProcessFaultParts, 'processes' | 'operator'>,
  workingSince: Map<number, number>,
): Promise<readonly SystemProcess[]> {
  const running = processes.list('consumer');
  const pids = new Set(running.map(({ pid }) => pid));
  for (const pid of workingSince.keys()) if (!pids.has(pid)) workingSince.delete(pid);
  if (running.some(({ pid }) => !workingSince.has(pid))) {
    const known = await listKnown(operator);
    const now = performance.now();
    for (const pid of pids) if (!workingSince.has(pid) && findByPid(known, pid)) workingSince.set(pid, now);
  }
  const now = performance.now();
  return running.filter(({ pid }) => now - (workingSince.get(pid) ?? now) >= MIN_LIFE_MS);
}

/** Entries that a consumer process holds; 0 when the operator cannot tell. */
async function countHeld(operator: HttpClient, { pid }: SystemProcess): Promise<number> {
  return findByPid(await listKnown(operator), pid)?.pending ?? 0;
}

/** The consumers of the group; none when the operator cannot tell. */
async function listKnown(operator: HttpClient): Promise<readonly ConsumerFacts[]> {
  return listConsumers(operator).catch((): readonly ConsumerFacts[] => []);
}

function findByPid(consumers: readonly ConsumerFacts[], pid: number): ConsumerFacts | undefined {
  return consumers.find(({ name }) => name.includes(`-${pid}-`));
}

/** It hit when a post had to wait for most of the time: a Redis that was not really frozen answers. */
async function freezeRedis(
  { processes, evidence, random, longestWaitMs }: ProcessFaultParts,
  signal: AbortSignal,
): Promise<void> {
  const [redis] = processes.list('redis');
  if (redis === undefined || !processes.stop(redis)) return;
  const forMs = between(random, ...FREEZE_MS);
  await sleep(forMs, signal);
  const hasHit = longestWaitMs() >= forMs / 2;
  processes.resume(redis);
  evidence.note('freeze', 1, hasHit ? 1 : 0);
}
