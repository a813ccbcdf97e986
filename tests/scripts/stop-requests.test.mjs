import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { listenForStopRequests } from '../../scripts/stop-requests.mjs';

function createRequests() {
  const events = new EventEmitter();
  const source = /** @type {NodeJS.Process} */ (events);
  const clock = { ms: 0 };
  const requests = listenForStopRequests(source, () => clock.ms);
  /**
   * @param {number} atMs
   * @param {string} event
   */
  const emit = (atMs, event) => {
    clock.ms = atMs;
    events.emit(event);
  };
  return { ...requests, emit };
}

describe('listenForStopRequests', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('asks to stop on %s', (signal) => {
    const { stop, kill, emit } = createRequests();
    emit(0, signal);
    expect(stop.reason).toBe(signal);
    expect(kill.aborted).toBe(false);
  });

  it('takes a second SIGINT within a second for the same one', () => {
    const { kill, emit } = createRequests();
    emit(0, 'SIGINT');
    emit(1_000, 'SIGINT');
    expect(kill.aborted).toBe(false);
  });

  it('asks to kill on a second SIGINT after more than a second', () => {
    const { kill, emit } = createRequests();
    emit(0, 'SIGTERM');
    emit(1_001, 'SIGINT');
    expect(kill.aborted).toBe(true);
  });

  it('never asks to kill on a second SIGTERM', () => {
    const { kill, emit } = createRequests();
    emit(0, 'SIGTERM');
    emit(5_000, 'SIGTERM');
    expect(kill.aborted).toBe(false);
  });

  it('asks to stop when the process that started it vanishes', () => {
    const { stop, emit } = createRequests();
    emit(0, 'disconnect');
    expect(stop.aborted).toBe(true);
  });
});
