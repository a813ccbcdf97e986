import { describe, expect, it } from '@jest/globals';
import { checkRoutes } from '@millrace/routing';

const ROUTES = `
routes:
  - id: find
    on: { all: [] }
    call: { anyOf: [aws, gcp], tool: search }
    with: '{}'
    delivery: effectively-once
`;

const tool = (annotations: object) => ({ name: 'search', inputSchema: { type: 'object' }, annotations });
const reads = tool({ readOnlyHint: true });
const writes = tool({ readOnlyHint: false });

function problemsWith(aws: typeof reads, gcp: typeof reads, trusted: readonly string[]): readonly string[] {
  const tools = new Map([
    ['aws', [aws]],
    ['gcp', [gcp]],
  ]);
  const servers = new Set(['aws', 'gcp']);
  const { problems } = checkRoutes(ROUTES, 'r.yaml', {
    servers,
    tools,
    durability: 'fsync',
    trusted: new Set(trusted),
  });
  return problems.map(({ detail }) => detail);
}

const refused = [expect.stringContaining('effectively-once cannot be kept')];

describe('effectively-once onto servers that do the same, by their hints alone', () => {
  it('is kept where all of them are trusted and call the tool harmless', () => {
    expect(problemsWith(reads, reads, ['aws', 'gcp'])).toEqual([]);
  });

  it.each([
    ['one of them is not trusted', reads, reads, ['aws']],
    ['another than the preferred one does not call it harmless', reads, writes, ['aws', 'gcp']],
    ['the preferred one does not call it harmless', writes, reads, ['aws', 'gcp']],
  ])('is refused where %s', (_where, aws, gcp, trusted) => {
    expect(problemsWith(aws, gcp, trusted)).toEqual(refused);
  });
});
