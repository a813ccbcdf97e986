import { describe, expect, it } from '@jest/globals';
import { readQuestions, startContent } from '../src/screens/approvals/questions';

describe('readQuestions', () => {
  it('makes a field of each property of the schema, with what it starts as', () => {
    const requestedSchema = {
      type: 'object',
      properties: {
        reason: { type: 'string', title: 'Reason' },
        size: { type: 'string', enum: ['s', 'm'], default: 's' },
        sure: { type: 'boolean' },
      },
      required: ['reason'],
    };
    const [question] = readQuestions({ approval: { params: { message: 'Sure?', requestedSchema } } });
    expect(question).toMatchObject({
      name: 'approval',
      message: 'Sure?',
      fields: [
        { name: 'reason', title: 'Reason', type: 'string', isRequired: true },
        { name: 'size', type: 'choice', options: ['s', 'm'], isRequired: false },
        { name: 'sure', type: 'boolean' },
      ],
    });
    expect(startContent(question?.fields ?? [])).toEqual({ size: 's', sure: false });
  });

  it('asks what it does not understand as yes or no', () => {
    expect(readQuestions({ odd: 7 })).toEqual([{ name: 'odd', message: 'odd', fields: [] }]);
  });

  it('are asked whatever shape a server has given them', () => {
    const broken = {
      a: null,
      b: { params: null },
      c: { params: { message: 1, requestedSchema: { properties: null, required: 5 } } },
      d: { params: { requestedSchema: { properties: { x: null, y: { enum: 'no', title: {}, description: [] } } } } },
    };
    const questions = readQuestions(broken);
    expect(questions.map(({ name, message }) => [name, message])).toEqual(
      ['a', 'b', 'c', 'd'].map((name) => [name, name]),
    );
    expect(questions[3]?.fields.map(({ title, hint, options }) => [title, hint, options])).toEqual([
      ['X', undefined, []],
      ['Y', undefined, []],
    ]);
  });
});
