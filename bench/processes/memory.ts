import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

const PAGE_BYTES = 4_096;
export const MIB = 2 ** 20;

/** Memory of a process that is in RAM now, in bytes. */
export function residentBytesOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

/** What Redis has allocated for data and for itself, without its buffers for the append-only file and for clients. */
export async function datasetBytesOf(redis: Redis): Promise<number> {
  const info = await redis.info('memory');
  return Number(/^used_memory_dataset:(\d+)/m.exec(info)?.[1]);
}
