import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
// The package has a program and no exports.
const suite = join(
  dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json')),
  'dist/index.js',
);
const LIMIT_MS = 120_000;

interface Check {
  readonly id: string;
  readonly status: string;
  readonly errorMessage?: string;
}

let dir: string | undefined;

afterEach(async () => {
  if (dir !== undefined) await rm(dir, { recursive: true, force: true });
});

/** Puts our client through one scenario and reads what the suite has written down about it. */
async function checksOf(scenario: string, revision: string): Promise<readonly Check[]> {
  dir = await mkdtemp(join(tmpdir(), 'millrace-conformance-'));
  const command = `${process.execPath} ${join(here, 'client.mjs')}`;
  // Extensions belong to no revision.
  const version = revision === '' ? [] : ['--spec-version', revision];
  const args = [
    suite,
    'client',
    '--command',
    command,
    '--scenario',
    scenario,
    '--timeout',
    '30000',
    ...version,
    '--output-dir',
    dir,
  ];
  // A scenario that fails ends with exit code 1; what failed is in the file all the same.
  await run(process.execPath, args, { cwd: dir, timeout: LIMIT_MS }).catch(() => undefined);
  const files = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('checks.json'));
  return JSON.parse(await readFile(join(dir, files[0] ?? ''), 'utf8')) as Check[];
}

describe('the tool caller, as the client under test of the MCP conformance suite', () => {
  it.each([
    ['initialize', '2025-11-25', 1],
    ['tools_call', '2025-11-25', 1],
    ['tools_call', '2026-07-28', 1],
    ['request-metadata', '2026-07-28', 6],
    ['http-standard-headers', '2026-07-28', 3],
    ['http-custom-headers', '2026-07-28', 18],
    ['http-invalid-tool-headers', '2026-07-28', 12],
    ['sep-2322-client-request-state', '2026-07-28', 5],
    ['json-schema-ref-no-deref', '2026-07-28', 1],
    ['auth/client-credentials-basic', '', 8],
    ['auth/client-credentials-jwt', '', 8],
  ])('passes %s, revision %s, in %i checks at least', async (scenario, revision, least) => {
    const checks = await checksOf(scenario, revision);
    expect(checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')).toEqual([]);
    expect(checks.filter(({ status }) => status === 'SUCCESS').length).toBeGreaterThanOrEqual(least);
  });
});
