import { describe, expect, it } from '@jest/globals';
import { ExpressionError } from '../src/errors.js';
import { compileResource } from '../src/resource-uris.js';

describe('compileResource', () => {
  it('gives a resource, with the values of the event in their places, each in one part', async () => {
    const render = compileResource('gcp/logs://{data.region}/services/{data.service}?last={data.last}');
    const data = { region: 'eu', service: 'a/b ?c', last: 10 };
    expect(await render({ data })).toEqual({
      server: 'gcp',
      uri: 'logs://eu/services/a%2Fb%20%3Fc?last=10',
    });
    expect(await compileResource('gcp/people://on-call')({})).toEqual({ server: 'gcp', uri: 'people://on-call' });
  });

  it.each([['..'], ['.'], [''], [null], [undefined], [{ a: 1 }], ['x'.repeat(257)], ['\ud800']])(
    'gives nothing for an event whose value is %j',
    async (value) => {
      const render = compileResource('gcp/runbook://services/{data.service}');
      await expect(render({ data: { service: value } })).rejects.toThrow(ExpressionError);
    },
  );

  it('refuses half a brace, and what is no JSONata', () => {
    expect(() => compileResource('gcp/a://{data.x')).toThrow('a brace has no other half');
    expect(() => compileResource('gcp/a://{data.(}')).toThrow();
  });
});
