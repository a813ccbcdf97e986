import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { startCommand } from '../system/command.js';
import { System } from '../system/system.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

let system: System;
let dir: string;

beforeAll(async () => {
  system = await System.start(1);
  dir = await mkdtemp(join(tmpdir(), 'millrace-routes-e2e-'));
  await cp(join(root, 'config'), dir, { recursive: true });
});

afterAll(async () => {
  await system.stop();
  await rm(dir, { recursive: true });
});

async function routes(...args: string[]) {
  const urls = [...system.clouds].map(([cloud, { port }]) => [
    `MCP_${cloud.toUpperCase()}_URL`,
    `http://127.0.0.1:${port}/mcp`,
  ]);
  const env = { ...Object.fromEntries(urls), MILLRACE_CONFIG: dir, MILLRACE_URL: system.producerUrl };
  return startCommand(['routes', ...args], env).ended;
}

describe('routes check against running servers', () => {
  it('has no complaint about the configuration that Millrace comes with', async () => {
    const { code, out, notes } = await routes('check', '--json');
    expect({ ...JSON.parse(out), notes }).toMatchObject({ problems: [], unchecked: [], notes: '' });
    expect(code).toBe(0);
  });

  it('knows their tools, and knows them again from a file when they are not asked', async () => {
    const file = join(dir, 'routes.yaml');
    const sound = await readFile(file, 'utf8');
    await writeFile(file, sound.replace('tool: risk.score', 'tool: risk.scores'));
    const live = await routes('check', '--json', '--save-tools', join(dir, 'tools.json'));
    const saved = await routes('check', '--json', '--servers', join(dir, 'tools.json'));
    await writeFile(file, sound);
    expect(JSON.parse(live.out)).toMatchObject({
      problems: [{ detail: 'aws has no tool risk.scores', mend: 'did you mean `risk.score`?' }],
    });
    expect(saved).toEqual(live);
    expect(live.code).toBe(1);
  });
});

describe('routes explain', () => {
  it('says why an event took each route or did not', async () => {
    const data = { title: 't', severity: 'high', service: 'shop' };
    const { body } = await system.post({ type: 'com.ops.incident.opened', data });
    await waitUntil(async () => (await system.record(body.ref)).state !== 'open', 'the event is finished');
    const { code, out } = await routes('explain', body.ref, '--json');
    const { routes: explained } = JSON.parse(out) as { routes: { route: string; taken: string; why: string }[] };
    expect(explained).toContainEqual(expect.objectContaining({ route: 'open-ticket', taken: 'yes' }));
    expect(explained).toContainEqual({
      route: 'score-order',
      taken: 'no',
      why: 'type is com.ops.incident.opened, not com.shop.order.created',
    });
    expect(code).toBe(0);
  });
});
