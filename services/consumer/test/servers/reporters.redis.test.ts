import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ToolCallError, type ToolDescription, type ToolListing } from '@millrace/mcp-client';
import { createLogger } from '@millrace/runtime';
import {
  askForTools,
  createGroup,
  GROUP,
  listCalls,
  readServers,
  readTools,
  type Stream,
} from '@millrace/stream-client';
import { type RedisServer, startRedisServer, waitUntil } from '@millrace/testing';
import { CallNotes } from '../../src/servers/call-notes.js';
import { ServerReporter } from '../../src/servers/server-reporter.js';
import { ToolReporter } from '../../src/servers/tool-reporter.js';
import { ToolWindow } from '../../src/servers/tool-window.js';
import { openTestStream } from '../start-consuming.js';

const logger = createLogger('test', 'silent');
let redis: RedisServer;
let stream: Stream;

beforeAll(async () => {
  redis = await startRedisServer();
  stream = await openTestStream(redis.url);
});

afterAll(async () => {
  await stream.close();
  await redis.stop();
});

describe('ServerReporter', () => {
  it('tells of every call that was noted before it stopped, and how the tools did', async () => {
    await createGroup(stream);
    await stream.redis.xgroup('CREATECONSUMER', stream.keys.events, GROUP, 'c1');
    const window = new ToolWindow(() => performance.now());
    const notes = new CallNotes('c1', window, Date.now);
    const reporter = new ServerReporter(
      stream,
      'c1',
      {
        states: () => [{ name: 'aws', breaker: 'closed', calls: 0 }],
        report: (server) => window.report(server),
        take: () => notes.take(),
      },
      logger,
    );
    reporter.start();
    const facts = { durationMs: 7, dispatched: true };
    const cause = { route: 'score', ref: '0-1-0', attempt: 1 };
    notes.note({ server: 'aws', tool: 't' }, { kind: 'ok', result: { content: [], sizeBytes: 0 }, facts }, cause);
    await reporter.stop();
    const page = await listCalls(stream, 'aws', {}, { limit: 5 });
    expect(page?.items).toMatchObject([{ tool: 't', ref: '0-1-0', outcome: 'done', durationMs: 7 }]);
    expect(await readServers(stream)).toMatchObject([{ servers: [{ name: 'aws', tools: [{ tool: 't', ended: 1 }] }] }]);
  });
});

describe('ToolReporter', () => {
  it('asks a server when somebody wants to know, and keeps what it knew when the server does not answer', async () => {
    let listing: ToolListing = { kind: 'ok', tools: [aTool('score')] };
    const source = {
      listTools: async () => listing,
      trustIn: (server: string) => (server === 'aws' ? { isTrusted: true, pins: undefined } : undefined),
    };
    const reporter = new ToolReporter(stream, 'c1', source, logger);
    reporter.start();
    await askForTools(stream, 'elsewhere');
    await askForTools(stream, 'aws');
    const known = await waitUntil(() => readTools(stream, 'aws'), 'the tools are known');
    expect(known).toMatchObject({ isTrusted: true, consumer: 'c1', tools: [{ name: 'score', pin: 'none' }] });
    const error = new ToolCallError('TOOL_UNREACHABLE', 'not-sent', 'nobody there');
    listing = { kind: 'failed', error };
    await askForTools(stream, 'aws');
    const later = await waitUntil(async () => {
      const read = await readTools(stream, 'aws');
      return read?.problem !== undefined && read;
    }, 'it is known that the server does not answer');
    expect(later).toMatchObject({ problem: 'nobody there', listedAt: known.listedAt, tools: [{ name: 'score' }] });
    expect(await readTools(stream, 'elsewhere')).toBeUndefined();
    await reporter.stop();
  });
});

function aTool(name: string): ToolDescription {
  return { name, inputSchema: { type: 'object' } };
}
