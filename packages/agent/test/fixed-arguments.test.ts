import { describe, expect, it } from '@jest/globals';
import { addFixed } from '../src/fixed-arguments.js';
import { OfferedTools } from '../src/offered-tools.js';
import { modelNameOf } from '../src/tool-names.js';

const inputSchema = {
  type: 'object',
  required: ['tenant', 'query'],
  properties: { tenant: { type: 'string' }, query: { type: 'string' } },
};
const tool = { server: 'crm', tool: 'find', description: { name: 'find', inputSchema } };
const other = { server: 'crm', tool: 'ping', description: { name: 'ping', inputSchema: { type: 'object' } } };
const offered = new OfferedTools([tool, other], ['crm/*'], { tenant: 'acme' });
const name = modelNameOf(tool);

describe('an argument that is fixed', () => {
  it('is not shown to the model', () => {
    expect(offered.forModel[0]?.inputSchema).toEqual({
      type: 'object',
      required: ['query'],
      properties: { query: { type: 'string' } },
    });
  });

  it('is added to the calls of tools that take it, and to no other', () => {
    expect(offered.admit(name, { query: 'q' })).toMatchObject({ call: { arguments: { query: 'q', tenant: 'acme' } } });
    expect(offered.admit(modelNameOf(other), {})).toMatchObject({ call: { arguments: {} } });
  });

  it('is added where a tool names it in a branch of its schema, or by reference, too', () => {
    const inputSchema = {
      type: 'object',
      allOf: [{ oneOf: [{ properties: { by: { const: 'id' }, tenant: {} } }] }],
      $ref: '#/$defs/where',
      $defs: {
        where: { properties: { region: {} } },
        loop: { $ref: '#/$defs/loop' },
        unused: { properties: { no: {} } },
      },
    };
    const branched = { server: 'crm', tool: 'branched', description: { name: 'branched', inputSchema } };
    const fixed = { tenant: 'acme', region: 'eu', no: 1 };
    expect(new OfferedTools([branched], ['crm/*'], fixed).admit(modelNameOf(branched), {})).toMatchObject({
      call: { arguments: { tenant: 'acme', region: 'eu' } },
    });
    const loop = { ...inputSchema, $ref: '#/$defs/loop' };
    expect(addFixed({}, loop, fixed)).toEqual({ arguments: { tenant: 'acme' } });
  });

  it('cannot be chosen by the model: a call that says something else is denied, one that says the same is not', () => {
    expect(offered.admit(name, { query: 'q', tenant: 'rival' })).toMatchObject({
      kind: 'denied',
      tool: { tool: 'find' },
    });
    expect(offered.admit(modelNameOf(other), { tenant: 'rival' })).toMatchObject({ kind: 'denied' });
    expect(offered.admit(name, { query: 'q', tenant: 'acme' })).toMatchObject({ kind: 'allowed' });
  });
});
