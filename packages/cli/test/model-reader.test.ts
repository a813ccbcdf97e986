import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpClient } from '../src/http-client.js';
import { ModelReader } from '../src/verify/model-reader.js';
import { FakeService } from './fake-service.js';

let service: FakeService | undefined;

afterEach(() => service?.stop());

/** A model with these answers to `/witness`, one after the other. */
async function readModel(...pages: readonly object[]) {
  const left = [...pages];
  service = await FakeService.start(() => ({ status: 200, body: left.shift() ?? {} }));
  const reader = await ModelReader.open(new HttpClient(service.url));
  return reader.read('run-');
}

const before = { run: 'one', uncounted: 3, subjects: 1, counts: { older: [1] } };

describe('ModelReader', () => {
  it('counts the questions about the events of a run, over all answers and pages', async () => {
    const { questions, doubts } = await readModel(
      before,
      { ...before, subjects: 4, counts: { 'run-a': [1, 2], other: [1] }, next: 3 },
      { ...before, subjects: 4, counts: { 'run-b': [1] } },
    );
    expect([...questions]).toEqual([
      ['run-a', 3],
      ['run-b', 1],
    ]);
    expect(doubts).toEqual([]);
  });

  it('doubts a model that was started again, or has left questions out', async () => {
    const { doubts } = await readModel(before, { run: 'another', uncounted: 5, subjects: 0, counts: {} });
    expect(doubts).toEqual([
      'the model was started again, and has forgotten what it was asked',
      '2 questions to the model are in no count',
    ]);
  });

  it('says so where there is no scripted model', async () => {
    await expect(readModel({ object: 'list' })).rejects.toThrow('is no scripted model');
  });
});
