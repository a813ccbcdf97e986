import { describe, expect, it } from '@jest/globals';
import { openApiDocument } from '../src/openapi/document.js';
import { openAppOfNothing } from './open-app-of-nothing.js';

/** `METHOD /path` of everything under /v1, from the tree that Fastify prints. */
function pathsIn(tree: string): readonly string[] {
  const above: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', path = '', methods] = /^([│ ├└─]*)(\/\S*)(?: \((.+)\))?$/.exec(line) ?? [];
    const depth = indent.length / 4;
    above.splice(Math.max(depth - 1, 0), above.length, path);
    const whole = above.join('').replace(/:(\w+)/g, '{$1}');
    const answered = (methods ?? '').split(', ').filter((method) => method !== '' && method !== 'HEAD');
    return whole.startsWith('/v1/') ? answered.map((method) => `${method} ${whole}`) : [];
  });
}

function referencesIn(value: unknown): readonly string[] {
  return [...JSON.stringify(value).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = '']) => reference);
}

describe('the OpenAPI document', () => {
  it('describes every path under /v1 with every method, and no other', async () => {
    const app = await openAppOfNothing();
    await app.ready();
    const described = Object.entries(openApiDocument.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const answered = pathsIn(app.printRoutes({ commonPrefix: false, includeHooks: false }));
    expect(answered).toContain('DELETE /v1/dead-letters/redrives/{job}');
    expect([...answered].sort()).toEqual(described.sort());
    await app.close();
  });

  it('refers to nothing that is not there', () => {
    const known = Object.keys(openApiDocument.components.schemas).map((name) => `#/components/schemas/${name}`);
    const references = referencesIn(openApiDocument);
    expect(references.length).toBeGreaterThan(30);
    expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
  });

  it('is served to everybody, and so is its page, with all it needs and under a strict policy', async () => {
    const app = await openAppOfNothing({ key: 'secret' });
    expect((await app.inject('/openapi.json')).json()).toEqual(JSON.parse(JSON.stringify(openApiDocument)));
    const page = await app.inject('/docs/');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(assets.length).toBeGreaterThan(2);
    for (const asset of assets) {
      const { pathname, origin } = new URL(asset, 'http://here/docs/');
      expect([origin, (await app.inject(pathname)).statusCode]).toEqual(['http://here', 200]);
    }
    expect((await app.inject('/v1/consumers')).statusCode).toBe(401);
    await app.close();
  });
});
