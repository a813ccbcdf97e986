import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpClient } from '../src/http-client.js';
import { WitnessReader } from '../src/verify/witness-reader.js';
import { FakeService } from './fake-service.js';

interface Line {
  readonly n: number;
  readonly kind: 'requests' | 'effects';
  readonly eventId: string;
  readonly stopped?: string;
}

let service: FakeService | undefined;

afterEach(() => service?.stop());

/** A witness whose file holds the lines, of which its reader is opened behind the first `before`. */
async function readWitness(lines: readonly Line[], { before = 0, effectsCounted = 1, uncounted = 0 } = {}) {
  let seen = before;
  service = await FakeService.start(({ path }) => {
    const { pathname, searchParams } = new URL(path, 'http://witness');
    const after = Number(searchParams.get('after'));
    if (pathname === '/witness') {
      const lastN = lines[seen - 1]?.n ?? 0;
      const isOpening = seen === before;
      seen = lines.length;
      return { status: 200, body: { cloud: 'gcp', lastN, events: 0, uncounted: isOpening ? 0 : uncounted } };
    }
    if (pathname === '/witness/counts') {
      const ours = { requests: 2, stopped: 1, effects: effectsCounted };
      return { status: 200, body: { counts: { 'run-a': { tools: { 'label.print': ours } } } } };
    }
    // One line at a time, so that pages are followed.
    const rest = lines.filter(({ n }) => n > after);
    const [first] = rest;
    const items = first !== undefined && pathname.endsWith(first.kind) ? [{ ...first, tool: 'label.print' }] : [];
    return { status: 200, body: { items, ...(rest.length > 1 && first !== undefined ? { next: first.n } : {}) } };
  });
  const reader = await WitnessReader.open(new HttpClient(service.url));
  return reader.read('run-');
}

const lines: readonly Line[] = [
  { n: 1, kind: 'requests', eventId: 'older' },
  { n: 2, kind: 'requests', eventId: 'run-a', stopped: 'hang' },
  { n: 3, kind: 'requests', eventId: 'run-a' },
  { n: 4, kind: 'effects', eventId: 'run-a' },
  { n: 5, kind: 'requests', eventId: 'other' },
];

describe('WitnessReader', () => {
  it('counts what reached a tool and its effects, of the own events alone', async () => {
    expect(await readWitness(lines, { before: 1 })).toEqual({
      cloud: 'gcp',
      tallies: [{ eventId: 'run-a', tool: 'label.print', reached: 1, effects: 1, firstEffect: 4 }],
      doubts: [],
    });
  });

  it('doubts a witness whose numbers have a gap', async () => {
    const { doubts } = await readWitness(
      lines.filter(({ n }) => n !== 3 && n !== 1),
      { effectsCounted: 1 },
    );
    expect(doubts).toContainEqual('2 of its entries are missing, the first is number 1');
  });

  it('doubts a witness whose counts are not those of its entries', async () => {
    const { doubts } = await readWitness(lines, { before: 1, effectsCounted: 2 });
    expect(doubts).toEqual(['its entries and its counts differ for 1 events: run-a label.print']);
  });

  it('doubts a witness that stopped counting by event', async () => {
    const { doubts } = await readWitness(lines, { before: 1, uncounted: 4 });
    expect(doubts).toEqual(['4 entries are of events that it did not count']);
  });
});
