import { describe, expect, it } from '@jest/globals';
import { digestOfKey } from '@millrace/runtime';
import { openApiDocument } from '../src/openapi/document.js';
import { openAppOfNothing } from './open-app-of-nothing.js';

/** What changes nothing although it is no GET: a viewer may ask for it. */
const LOOKS = ['POST /v1/routes/{name}/try'];

const CHANGING = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** `METHOD /path` of everything in the OpenAPI document that is no GET. */
const acts = Object.entries(openApiDocument.paths).flatMap(([path, methods]) =>
  CHANGING.filter((method) => method.toLowerCase() in methods).map((method) => ({ method, path })),
);

describe('a viewer’s key', () => {
  it('is refused with 403 by everything in the OpenAPI document that changes something', async () => {
    const viewer = { name: 'wall-screen', role: 'viewer', digest: digestOfKey('looks') } as const;
    const app = await openAppOfNothing({ keys: [viewer] });
    const headers = { authorization: 'Bearer looks' };
    const notRefused: string[] = [];
    for (const { method, path } of acts) {
      const answer = await app.inject({ method, url: path.replaceAll(/\{\w+\}/g, 'some'), headers });
      if (answer.statusCode === 403) expect(answer.json()).toMatchObject({ code: 'ROLE_TOO_LOW' });
      else notRefused.push(`${method} ${path}`);
    }
    await app.close();
    expect(acts.length).toBeGreaterThan(15);
    expect(notRefused).toEqual(LOOKS);
  });
});
