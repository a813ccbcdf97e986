import { describe, expect, it } from '@jest/globals';
import { listFiles, readText } from './repository.js';

/** What belongs to one machine or to one moment, and so not into the repository. */
const FOREIGN = {
  'a path of one machine': /(?<![\w.~-])\/(?:work|opt\/tools|home\/\w+|Users\/\w+)\//,
  'the host of a registry':
    /\b(?:registry\.(?:npmjs\.org|yarnpkg\.com|npmmirror\.com)|(?:deb|ftp|security)\.debian\.org)\b/,
  'a folder beside the repository': /\.\.\/shared\//,
};

/** Where it is meant, with the reason. */
const ALLOWED: readonly { readonly file: string; readonly what: keyof typeof FOREIGN }[] = [
  // It looks for the tool that prepares a container engine, and does without where there is none.
  { file: '.ci/run', what: 'a folder beside the repository' },
];

const files = listFiles();

describe('the files of the repository', () => {
  it.each(Object.entries(FOREIGN))('do not name %s', (what, pattern) => {
    const allowed = new Set(ALLOWED.filter((one) => one.what === what).map(({ file }) => file));
    const found = files.flatMap((file) => {
      const match = allowed.has(file) ? null : pattern.exec(readText(file));
      return match === null ? [] : [`${file}: ${match[0]}`];
    });
    expect(found).toEqual([]);
  });

  it.each(ALLOWED)('$file still names $what', ({ file, what }) => {
    expect(files).toContain(file);
    expect(readText(file)).toMatch(FOREIGN[what]);
  });
});
