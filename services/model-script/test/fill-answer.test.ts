import { describe, expect, it } from '@jest/globals';
import { fillAnswer } from '../src/fill-answer.js';
import { Scripts } from '../src/script.js';

const conversation = {
  model: 'm',
  answers: 0,
  texts: ['instructions', '{"id":"e-1","data":{"service":"shop$&"}}'],
  tools: ['aws__look', 'gcp__logs_search_0a1b'],
};

function fill(answer: object, take: Record<string, string>) {
  const [script] = Scripts.parse([{ name: 'a', take, answers: [answer] }]);
  const [first] = script?.answers ?? [];
  if (first === undefined) throw new Error('the script has no answer');
  return fillAnswer(first, script?.take ?? {}, conversation);
}

describe('fillAnswer', () => {
  it('puts what it takes out of the conversation into texts and arguments, however deep, as it stands', () => {
    const take = { eventId: '"id":"*"', service: '"service":"*"' };
    const call = { tool: 'look', arguments: { eventId: '{eventId}', deep: [{ in: 'of {service}' }], n: 1 } };
    const filled = fill({ text: '{service}: {eventId}', calls: [call] }, take);
    expect(filled.text).toBe('shop$&: e-1');
    expect(filled.calls[0]?.arguments).toEqual({ eventId: 'e-1', deep: [{ in: 'of shop$&' }], n: 1 });
  });

  it('leaves what the conversation does not have', () => {
    expect(fill({ text: '{ticketId}' }, { ticketId: '"ticketId":"*"' }).text).toBe('{ticketId}');
  });

  it('finds a tool by how its name begins, and leaves one that is not offered', () => {
    const calls = [{ tool: 'gcp__logs_search*' }, { tool: 'azure__*' }, { tool: 'aws__look' }];
    expect(fill({ calls }, {}).calls.map(({ tool }) => tool)).toEqual([
      'gcp__logs_search_0a1b',
      'azure__*',
      'aws__look',
    ]);
  });
});
