import { describe, expect, it } from '@jest/globals';
import { type CallOutcome, ToolCallError } from '@millrace/mcp-client';
import { quantileOf } from '@millrace/stream-client';
import { CallNotes } from '../../src/servers/call-notes.js';
import { ToolWindow } from '../../src/servers/tool-window.js';

const cause = { route: 'score', ref: '0-1-0', attempt: 2 };
const target = { server: 'aws', tool: 'risk.score', arguments: { card: '4111' } };
const facts = { durationMs: 12.34, dispatched: true };
const done: CallOutcome = { kind: 'ok', result: { content: ['4111'], sizeBytes: 4 }, facts };

function failedAs(code: 'TOOL_TIMEOUT' | 'TOOL_UNREACHABLE' | 'TOOL_WAITING_OUT' | 'TOOL_NEEDS_INPUT'): CallOutcome {
  const known = { TOOL_TIMEOUT: 'unknown', TOOL_NEEDS_INPUT: 'needs-input' } as const;
  const error = new ToolCallError(code, code in known ? known[code as keyof typeof known] : 'not-sent', 'card 4111');
  return { kind: 'failed', error, facts: { durationMs: 5, dispatched: code in known } };
}

function openNotes() {
  let nowMs = 1_000;
  const window = new ToolWindow(() => nowMs);
  const notes = new CallNotes('c1', window, () => nowMs);
  return { window, notes, pass: (ms: number) => (nowMs += ms) };
}

describe('CallNotes', () => {
  it('has names and numbers of a call, and nothing of what it was called with or answered', () => {
    const { notes } = openNotes();
    notes.note(target, done, cause);
    notes.note(target, failedAs('TOOL_TIMEOUT'), cause);
    const own = { at: new Date(1_000), tool: 'risk.score', ...cause, consumer: 'c1' };
    const taken = notes.take();
    expect(taken).toEqual(
      new Map([
        [
          'aws',
          [
            { ...own, outcome: 'done', durationMs: 12.3 },
            { ...own, outcome: 'unknown', code: 'TOOL_TIMEOUT', durationMs: 5 },
          ],
        ],
      ]),
    );
    expect(JSON.stringify([...taken])).not.toMatch(/4111/);
    expect(notes.take().size).toBe(0);
  });

  it('passes over calls that were kept from their server: they say nothing about it', () => {
    const { notes, window } = openNotes();
    notes.note(target, failedAs('TOOL_WAITING_OUT'), cause);
    expect([notes.take().size, window.report('aws')]).toEqual([0, []]);
    notes.note(target, failedAs('TOOL_UNREACHABLE'), cause);
    expect(notes.take().get('aws')).toHaveLength(1);
  });

  it('keeps the last 50 of each kind until they are taken', () => {
    const { notes } = openNotes();
    notes.note(target, failedAs('TOOL_TIMEOUT'), cause);
    for (let n = 0; n < 120; n += 1) notes.note(target, done, { ...cause, attempt: n });
    const taken = notes.take().get('aws') ?? [];
    expect(taken).toHaveLength(51);
    expect(taken.filter(({ outcome }) => outcome === 'done').map(({ attempt }) => attempt)).toContain(119);
    expect(taken.at(-1)).toMatchObject({ code: 'TOOL_TIMEOUT' });
  });
});

describe('ToolWindow', () => {
  it('tells what the tools did within the last minute, and forgets what was before', () => {
    const { notes, window, pass } = openNotes();
    notes.note(target, done, cause);
    notes.note(target, failedAs('TOOL_NEEDS_INPUT'), cause);
    pass(30_000);
    notes.note(target, failedAs('TOOL_TIMEOUT'), cause);
    const [report] = window.report('aws');
    expect(report).toMatchObject({ tool: 'risk.score', ended: 3, failed: 1 });
    expect(quantileOf(report?.times ?? [], 0.99)).toBeCloseTo(12.3, 0);
    pass(35_000);
    expect(window.report('aws')).toMatchObject([{ ended: 1, failed: 1 }]);
    pass(60_000);
    expect(window.report('aws')).toEqual([]);
  });

  it('tells 50 tools of a server apart, and takes the others together', () => {
    const { window } = openNotes();
    for (let n = 0; n < 80; n += 1) window.note('aws', `tool-${n}`, { durationMs: 1, hasFailed: false });
    const report = window.report('aws');
    expect(report).toHaveLength(51);
    expect(report.at(-1)).toMatchObject({ tool: 'other', ended: 30 });
  });
});
