import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { takeLock } from '../../scripts/lock.mjs';
import { processIdentity } from '../../scripts/process-identity.mjs';
import { createTempDir } from './fake-specs.mjs';

describe('takeLock', () => {
  it('answers with the process that holds it', () => {
    const path = join(createTempDir('lock'), 'start.lock');
    expect(takeLock(path).kind).toBe('held');
    expect(takeLock(path)).toEqual({ kind: 'taken', pid: process.pid });
  });

  it('can be taken again after its release', () => {
    const path = join(createTempDir('lock'), 'start.lock');
    const lock = takeLock(path);
    if (lock.kind === 'held') lock.release();
    expect(takeLock(path).kind).toBe('held');
  });

  it('is taken over from a process that is gone, even when its number was given to another one', () => {
    const path = join(createTempDir('lock'), 'start.lock');
    writeFileSync(path, `${process.pid} ${processIdentity(process.pid)}0`);
    expect(takeLock(path).kind).toBe('held');
  });
});
