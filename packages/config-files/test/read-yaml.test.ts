import { describe, expect, it } from '@jest/globals';
import { readYaml } from '@millrace/config-files';
import { z } from 'zod';

const schema = z.strictObject({ a: z.int(), list: z.array(z.string()).default([]) });

describe('readYaml', () => {
  it('gives the value, and turns a path in it into a problem with its line', () => {
    const read = readYaml('a: 1\nlist:\n  - x\n  - y\n', 'f.yaml', schema);
    if ('problems' in read) throw new Error('it was refused');
    expect(read.value).toEqual({ a: 1, list: ['x', 'y'] });
    expect(read.locate(['list', 1], 'is wrong')).toEqual({
      file: 'f.yaml',
      line: 4,
      pointer: '/list/1',
      detail: 'is wrong',
    });
  });

  it('names every problem with its line, unknown members among them', () => {
    expect(readYaml('a: x\nlist: [1]\nb: 2\n', 'f.yaml', schema)).toMatchObject({
      problems: [
        { line: 1, pointer: '/a', detail: 'must be a number, not a string' },
        { line: 2, pointer: '/list/0' },
        { line: 3, pointer: '/b', detail: 'unknown: b' },
      ],
    });
  });

  it('says of what is missing that it is, at the place where it should be', () => {
    const problems = [{ line: 1, pointer: '/a', detail: 'is missing: a number' }];
    expect(readYaml('list:\n  - x\n', 'f.yaml', schema)).toMatchObject({ problems });
  });

  it('names the line of the key, though its value begins below', () => {
    expect(readYaml('a: 1\nlist:\n\n  x: 1\n', 'f.yaml', schema)).toMatchObject({
      problems: [{ line: 2, pointer: '/list', detail: 'must be a list, not an object' }],
    });
  });

  it('refuses what is no YAML with the line of the mistake', () => {
    expect(readYaml('a: 1\nlist: [x\n', 'f.yaml', schema)).toMatchObject({ problems: [{ line: 3, pointer: '' }] });
  });
});
