import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHttpApp, createLogger } from '@millrace/runtime';
import { readConsoleFiles } from '../src/console-files.js';
import { addConsole } from '../src/endpoints/console.js';

const SCRIPT = 'console.log("here");'.repeat(50);
let folder: string;
const app = createHttpApp(createLogger('operator', 'silent'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><base href="./" /><script src="./assets/a-1.js"></script>',
  );
  await writeFile(join(folder, 'assets', 'a-1.js'), SCRIPT);
  await writeFile(join(folder, 'notes.txt'), 'nobody asked for this');
  const files = await readConsoleFiles(folder);
  if (files === undefined) throw new Error('the console was not found');
  addConsole(app, files);
});

afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

describe('addConsole', () => {
  it('serves the page at every screen, with the way back to where the console begins', async () => {
    expect((await app.inject('/')).body).toContain('<base href="./" />');
    expect((await app.inject('/dead-letters?route=a')).body).toContain('<base href="./" />');
    expect((await app.inject('/events/0-1769860800000-0')).body).toContain('<base href="../" />');
  });

  it('lets nothing run that is not its own', async () => {
    const policy = (await app.inject('/')).headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
  });

  it('serves assets compressed, to be kept for good; the page is asked for again and found unchanged', async () => {
    const asset = await app.inject({ url: '/assets/a-1.js', headers: { 'accept-encoding': 'gzip' } });
    expect(asset.headers['cache-control']).toContain('immutable');
    expect(gunzipSync(asset.rawPayload).toString()).toBe(SCRIPT);
    expect((await app.inject('/assets/a-1.js')).body).toBe(SCRIPT);
    const page = await app.inject('/');
    expect(page.headers['cache-control']).toBe('no-cache');
    const again = await app.inject({ url: '/', headers: { 'if-none-match': String(page.headers.etag) } });
    expect(again.statusCode).toBe(304);
  });

  it('serves nothing else that lies in the folder, and nothing outside of it', async () => {
    for (const url of ['/notes.txt', '/assets/../index.html', '/assets/%2e%2e%2findex.html', '/assets/b-2.js']) {
      expect((await app.inject(url)).statusCode).toBe(404);
    }
  });
});

describe('readConsoleFiles', () => {
  it('finds nothing where the console was not built', async () => {
    expect(await readConsoleFiles(join(folder, 'nowhere'))).toBeUndefined();
  });
});
