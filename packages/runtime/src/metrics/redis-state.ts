import { Gauge, type Registry } from 'prom-client';

/** Redis as the operator sees it, by node. */
export function createRedisStateMetrics(registry: Registry) {
  const registers = [registry];
  return {
    redisUp: new Gauge({
      name: 'millrace_redis_up',
      help: '1 while Redis tells the operator how it is, else 0.',
      labelNames: ['node'],
      registers,
    }),
    redisMemoryUsed: new Gauge({
      name: 'millrace_redis_memory_used_bytes',
      help: 'Memory that Redis uses for data.',
      labelNames: ['node'],
      registers,
    }),
    redisMemoryMax: new Gauge({
      name: 'millrace_redis_memory_max_bytes',
      help: 'Memory that Redis may use for data; 0 where it has no limit.',
      labelNames: ['node'],
      registers,
    }),
    redisAofWritten: new Gauge({
      name: 'millrace_redis_aof_written',
      help: '1 while the last write to the append-only file succeeded, else 0.',
      labelNames: ['node'],
      registers,
    }),
    redisDelayedFsyncs: new Gauge({
      name: 'millrace_redis_aof_delayed_fsyncs',
      help: 'Writes to disk that kept others waiting, since Redis started.',
      labelNames: ['node'],
      registers,
    }),
    redisEvictedKeys: new Gauge({
      name: 'millrace_redis_evicted_keys',
      help: 'Keys dropped for want of memory, since Redis started. Anything but 0 may be events.',
      labelNames: ['node'],
      registers,
    }),
    redisClients: new Gauge({
      name: 'millrace_redis_clients',
      help: 'Connections to Redis.',
      labelNames: ['node'],
      registers,
    }),
    redisCommands: new Gauge({
      name: 'millrace_redis_commands_per_second',
      help: 'Commands that Redis carries out each second.',
      labelNames: ['node'],
      registers,
    }),
    redisReplicas: new Gauge({
      name: 'millrace_redis_replicas',
      help: 'Replicas connected to the primary.',
      labelNames: ['node'],
      registers,
    }),
  };
}
