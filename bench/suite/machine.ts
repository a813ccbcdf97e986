import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were taken on. Absolute figures mean nothing without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly redis: string;
  readonly packages: Readonly<Record<string, string>>;
  /** Of the last minute, before the run. Well above 0, somebody else was at work too. */
  readonly load: number;
}

const PACKAGES = ['fastify', 'ioredis', 'bullmq', 'undici', '@modelcontextprotocol/client'];

export function describeMachine(redisVersion: string): Machine {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    redis: redisVersion,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    load: loadavg()[0] ?? 0,
  };
}

export function renderMachine({ cpu, cores, memoryGiB, kernel, node, redis, packages, load }: Machine): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, Node ${node}, Redis ${redis}`,
    versions.join(', '),
    `load before the run ${load.toFixed(2)}${load > 0.3 ? ': the machine is not quiet, trust the ratios only' : ''}`,
  ].join('\n');
}

/** Not every package lets its package.json be imported, so it is read beside the module. */
function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(`/node_modules/${name}/`) + `/node_modules/${name}/`.length);
  return (JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { version: string }).version;
}
