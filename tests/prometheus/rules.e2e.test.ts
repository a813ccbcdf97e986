import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '../../infra/prometheus');
const isThere = await run('promtool', ['--version']).then(
  () => true,
  () => false,
);

// Where there is no promtool, the checks of the compose project run these with the one in Prometheus' image.
(isThere ? describe : describe.skip)('promtool, where it is on PATH', () => {
  it('accepts the configuration and the rules', async () => {
    const { stdout } = await run('promtool', ['check', 'config', 'prometheus.yml'], { cwd: folder, timeout: 60_000 });
    expect(stdout).toContain('2 rule files found');
  });

  it('finds every alert firing where it should, and silent where it should not', async () => {
    const { stdout } = await run('promtool', ['test', 'rules', 'tests/alerts.yml'], { cwd: folder, timeout: 60_000 });
    expect(stdout).toContain('SUCCESS');
  });
});
