import type { ServerInspection, Stream } from '@millrace/stream-client';
import { type Check, checked } from './check.js';

/** Share of its memory in use from which on Redis counts as nearly full: where new events are refused. */
const MAX_MEMORY_RATIO = 0.8;
/** How far the clocks may be apart, in ms. */
const MAX_DRIFT_MS = 2_000;

/** What is to be said about the Redis that holds the stream. `nowMs` is the time of day here. */
export function checkRedis(server: ServerInspection, { settings }: Pick<Stream, 'settings'>, nowMs: number): Check[] {
  return [
    checkVersion(server),
    checkRole(server),
    checkEviction(server),
    checkPersistence(server, settings.durability),
    checkReplicas(server, settings),
    checkMemory(server),
    checkClock(server, nowMs),
  ];
}

function checkVersion({ version }: ServerInspection): Check {
  const isOld = !(Number.parseInt(version, 10) >= 7);
  const mend = 'run Redis 7.0 or newer, or Valkey 8 or newer';
  return checked('redis-version', version, isOld ? { found: `${version} is too old`, mend } : undefined);
}

function checkRole({ role }: ServerInspection): Check {
  const mend = 'let REDIS_URL lead to the primary, or name the Sentinels in REDIS_SENTINELS';
  return checked(
    'redis-role',
    role,
    role === 'slave' ? { found: 'a replica, which takes no writes', mend } : undefined,
  );
}

function checkEviction({ evictionPolicy }: ServerInspection): Check {
  const found = `maxmemory-policy is ${evictionPolicy}: Redis may drop events to make room`;
  const mend = 'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf';
  return checked('eviction', evictionPolicy, evictionPolicy === 'noeviction' ? undefined : { found, mend });
}

function checkPersistence({ isAofOn, isAofWritten, fsync, version }: ServerInspection, durability: string): Check {
  const right = isAofOn ? `append-only file, appendfsync ${fsync ?? 'may not be asked'}` : 'in memory alone, as asked';
  if (durability === 'memory') return checked('persistence', right);
  if (!isAofOn) {
    const mend = 'CONFIG SET appendonly yes, and the same in redis.conf; or set MILLRACE_DURABILITY=memory';
    return checked('persistence', right, { found: `the append-only file is off, ${durability} is promised`, mend });
  }
  if (!isAofWritten) {
    const mend = 'make room on the disk of Redis, or replace the disk; its log has the error';
    return checked('persistence', right, { found: 'the last write to the append-only file failed', mend });
  }
  const canWait = isAtLeast(version, 7, 2);
  if (fsync === undefined || fsync === 'always' || canWait) return checked('persistence', right);
  const mend = 'CONFIG SET appendfsync always, and the same in redis.conf; or run Redis 7.2 or newer';
  return checked('persistence', right, { found: `appendfsync is ${fsync}: a crash loses the last second`, mend });
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

function checkReplicas({ connectedReplicas }: ServerInspection, settings: Stream['settings']): Check {
  const wanted = settings.durability === 'replicated' ? settings.replicas : 0;
  const right = `${connectedReplicas} connected, ${wanted} must have each write`;
  const mend = 'start the replicas that are away, or lower MILLRACE_REPLICAS in every process';
  return checked('replicas', right, connectedReplicas < wanted ? { found: right, mend } : undefined);
}

function checkMemory({ usedBytes, maxBytes }: ServerInspection): Check {
  if (maxBytes === 0) return checked('memory', `${mib(usedBytes)} MiB used, no limit`);
  const found = `${mib(usedBytes)} of ${mib(maxBytes)} MiB used`;
  const mend = 'raise maxmemory, lower MILLRACE_RETENTION_MS or MILLRACE_RETENTION_BYTES, or run more consumers';
  return checked('memory', found, usedBytes >= MAX_MEMORY_RATIO * maxBytes ? { found, mend } : undefined);
}

function mib(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}

function checkClock(server: ServerInspection, nowMs: number): Check {
  const driftMs = Math.round(server.nowMs - nowMs);
  const found = `Redis is ${Math.abs(driftMs)} ms ${driftMs < 0 ? 'behind' : 'ahead of'} the operator`;
  const mend = 'let NTP set the clocks of both machines: due times and expiries follow the clock of Redis';
  return checked('clock', found, Math.abs(driftMs) > MAX_DRIFT_MS ? { found, mend } : undefined);
}
