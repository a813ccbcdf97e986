import { appendFile, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { connectClient1, connectClient2 } from './clients.js';
import { type MockCloud, startMockCloud } from './mock-cloud.js';

let cloud: MockCloud;

afterEach(() => cloud.dispose());

interface Entry {
  readonly n: number;
  readonly eventId: string;
}

async function allEntries(kind: 'requests' | 'effects'): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page = await cloud.getJson(`/witness/${kind}?after=${after}&limit=50`);
    entries.push(...(page.items as Entry[]));
    after = page.next as number | undefined;
  }
  return entries;
}

describe('a mock cloud killed with SIGKILL under load', () => {
  it('continues n without a gap, with every answered effect in the witness, past a torn last line', async () => {
    cloud = await startMockCloud('gcp');
    const client = await connectClient2(cloud.mcpUrl, 'auto');
    const answered: string[] = [];
    let next = 0;
    const keepCalling = async () => {
      for (;;) {
        const eventId = `load-${next++}`;
        try {
          await client.call('label.print', { eventId, orderId: 'o' });
        } catch {
          return;
        }
        answered.push(eventId);
      }
    };
    const callers = Array.from({ length: 8 }, keepCalling);
    await waitUntil(() => answered.length >= 150, '150 calls are answered');
    await cloud.end('SIGKILL');
    await Promise.all(callers);
    await client.close();

    await appendFile(cloud.witnessFile, '{"n":99999,"kind":"req');
    await cloud.restart();
    const again = await connectClient2(cloud.mcpUrl, 'auto');
    await again.call('label.print', { eventId: 'after', orderId: 'o' });
    await again.close();

    const effects = await allEntries('effects');
    const numbers = [...(await allEntries('requests')), ...effects].map(({ n }) => n).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => at + 1));
    expect((await cloud.getJson('/witness')).lastN).toBe(numbers.length);
    const seen = new Set(effects.map(({ eventId }) => eventId));
    expect([...answered, 'after'].filter((eventId) => !seen.has(eventId))).toEqual([]);
    expect((await readFile(cloud.witnessFile, 'utf8')).split('\n').length - 1).toBe(numbers.length);
  });
});

describe('a mock cloud told to stop', () => {
  it.each(['aws', 'gcp', 'azure'] as const)('exits 0 while calls hang and streams are open: %s', async (name) => {
    cloud = await startMockCloud(name);
    const client = name === 'aws' ? await connectClient1(cloud.mcpUrl) : await connectClient2(cloud.mcpUrl, 'auto');
    await cloud.setFaults([{ kind: 'hang' }]);
    const hanging = client.call('logs.search', { eventId: 'hang', service: 'web' }).catch(() => 'ended');
    await waitUntil(async () => (await cloud.getJson('/witness')).stopped === 1, 'the call hangs');
    expect(await cloud.end('SIGTERM')).toBe(0);
    expect(await hanging).toBe('ended');
    await client.close();
  });
});
