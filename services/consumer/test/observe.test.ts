import { describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, createRegistry } from '@millrace/runtime';
import type { Entry } from '@millrace/stream-client';
import { createObserver } from '../src/observe.js';
import type { Disposal } from '../src/outcome.js';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const entry = {
  kind: 'entry',
  id: '1700000000000-0',
  ref: '0-1700000000000-0',
  deliveryCount: 2,
  event: {
    id: 'e1',
    source: '/s',
    type: 'com.test.happened',
    attributes: { specversion: '1.0', id: 'e1', source: '/s', type: 'com.test.happened', traceparent },
    data: { kind: 'json', bytes: Buffer.from('{"card":"4111"}') },
  },
} as unknown as Entry;
const done: Disposal = {
  outcome: {
    route: 'charge',
    state: 'done',
    attempt: 3,
    detail: {
      version: 'v7',
      effects: [{ step: '0', state: 'done', key: 'secret-key', server: 'azure', tool: 'card.charge', durationMs: 12 }],
      result: { chargeId: 'c1' },
    },
    followUps: [entry.event],
  },
};

function observe(isWorthALine: () => boolean) {
  const logger = createLogger('consumer', 'info');
  const lines: [level: string, facts: unknown, text: string][] = [];
  for (const level of ['debug', 'info', 'warn'] as const) {
    logger[level] = ((facts: unknown, text: string) => lines.push([level, facts, text])) as never;
  }
  return { lines, observer: createObserver(logger, createMetrics(createRegistry()), isWorthALine) };
}

describe('what the log has of a settled delivery', () => {
  it('is one line with all that is known, and nothing of what the event, the key or the answer hold', () => {
    const { lines, observer } = observe(() => true);
    observer.settled(entry, done);
    expect(lines).toEqual([
      [
        'info',
        {
          eventId: 'e1',
          eventType: 'com.test.happened',
          ref: entry.ref,
          entryId: entry.id,
          route: 'charge',
          version: 'v7',
          outcome: 'done',
          attempt: 3,
          starts: 2,
          server: 'azure',
          tool: 'card.charge',
          callMs: 12,
          effects: 1,
          followUps: 1,
          ageMs: expect.any(Number),
          traceId: '0af7651916cd43dd8448eb211c80319c',
        },
        'delivery done',
      ],
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/4111|secret-key|chargeId/);
  });

  it('is not made for one that is done and not chosen, and is always made for one that is not', () => {
    const { lines, observer } = observe(() => false);
    observer.settled(entry, done);
    expect(lines).toEqual([]);
    const dead = { ...done.outcome, state: 'dead', followUps: undefined } as unknown as Disposal['outcome'];
    observer.settled(entry, { outcome: dead, reason: 'refused', error: { code: 'TOOL_UNAUTHORIZED', message: 'x' } });
    expect(lines).toMatchObject(
      [['warn', { outcome: 'dead', reason: 'refused', code: 'TOOL_UNAUTHORIZED' }, /dead/]].map(([level, facts]) => [
        level,
        facts,
        'delivery is dead',
      ]),
    );
  });
});
