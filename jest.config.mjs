import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';

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
  // Most of a test's time is waiting for a process, a lease or a retry.
  maxWorkers: Math.max(3, availableParallelism() - 1),
  // Ends a hang and nothing else: a machine may be slow.
  testTimeout: 300_000,
};
