import { describe, expect, it } from '@jest/globals';
import { OfferedTools } from '../src/offered-tools.js';

describe('the schema of a tool', () => {
  it('is shown without what a person would not see in its words, and with its names and values as they are', () => {
    const hidden = 'a\u200bb\u202e';
    const inputSchema = {
      type: 'object',
      description: hidden,
      properties: { description: { description: 'x'.repeat(2_000), enum: [hidden] } },
    };
    const tool = { server: 'crm', tool: 'find', description: { name: 'find', inputSchema } };
    const [shown] = new OfferedTools([tool], ['crm/*']).forModel;
    expect(shown?.inputSchema).toEqual({
      type: 'object',
      description: 'ab',
      properties: { description: { description: expect.stringContaining('[cut: 976 more'), enum: [hidden] } },
    });
  });
});
