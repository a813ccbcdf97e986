import { readFileSync } from 'node:fs';
import { Gauge, type Registry } from 'prom-client';

const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

/** What this process was built from, in its registry once and for all. */
export function createBuildInfo(registry: Registry): Gauge<'version' | 'node'> {
  const buildInfo = new Gauge({
    name: 'millrace_build_info',
    help: 'Always 1; its labels name the release of Millrace and of Node.js that this process runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  });
  buildInfo.set({ version, node: process.versions.node }, 1);
  return buildInfo;
}
