import { statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { LogFile } from '../../scripts/system/log-file.mjs';
import { createTempDir } from './fake-specs.mjs';

const MIB = 1024 * 1024;

describe('LogFile.trim', () => {
  it('moves a log over 10 MiB aside, and who writes to it goes on at its new start', () => {
    const log = new LogFile(join(createTempDir('log'), 'one.log'));
    log.withDescriptor((descriptor) => {
      writeSync(descriptor, 'x'.repeat(10 * MIB + 1));
      log.trim();
      writeSync(descriptor, 'next\n');
    });
    expect(statSync(`${log.path}.1`).size).toBe(10 * MIB + 1);
    expect(log.lastLines(5)).toEqual(['next']);
  });

  it('leaves a smaller log alone', () => {
    const log = new LogFile(join(createTempDir('log'), 'one.log'));
    log.withDescriptor((descriptor) => writeSync(descriptor, 'one\ntwo\n'));
    log.trim();
    expect(log.lastLines(1)).toEqual(['two']);
  });
});
