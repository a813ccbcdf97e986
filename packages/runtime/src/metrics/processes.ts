import { Counter, Gauge, type Registry } from 'prom-client';

/** What a process runs with. */
export function createProcessMetrics(registry: Registry) {
  const registers = [registry];
  return {
    configReloads: new Counter({
      name: 'millrace_config_reloads_total',
      help: 'Changed configurations by what became of them: applied, refused.',
      labelNames: ['outcome'],
      registers,
    }),
    configInfo: new Gauge({
      name: 'millrace_config_info',
      help: 'Always 1; its label names the version of the configuration in force. One series at a time.',
      labelNames: ['version'],
      registers,
    }),
    partitions: new Gauge({
      name: 'millrace_partitions',
      help: 'Partitions by who says so: map, what is written in Redis and counts; setting, what this process was told.',
      labelNames: ['by'] as const,
      registers,
    }),
    redisUnfit: new Gauge({
      name: 'millrace_redis_unfit',
      help: '1 while Redis does not keep what the durability promises, so that nothing is promised; else 0.',
      registers,
    }),
  };
}
