import { readdirSync } from 'node:fs';

const packages = readdirSync(new URL('./packages', import.meta.url)).join('|');

/**
 * Tests run on the sources: `@millrace/<package>` resolves to its `src/index.ts`, so nothing has to be built first.
 * What a test touches is in its name: `x.test.ts` nothing outside the process, `x.redis.test.ts` a real Redis under a
 * key prefix of its own, `x.e2e.test.ts` real processes from `dist/`.
 */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/packages', '<rootDir>/services', '<rootDir>/examples', '<rootDir>/tests'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    [`^@millrace/(${packages})$`]: '<rootDir>/packages/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  testTimeout: 60_000,
};
