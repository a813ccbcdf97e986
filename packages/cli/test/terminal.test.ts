import { describe, expect, it } from '@jest/globals';
import { createPlainProgress, formatTable, forTerminal } from '../src/terminal.js';

describe('forTerminal', () => {
  it('leaves our colours, lines and letters, and takes out what would hide, move or turn round the words of others', () => {
    const ours = '\u001b[32mdone\u001b[39m\tÄpfel ✓\nnext';
    expect(forTerminal(ours)).toBe(ours);
    const theirs = 'Refund 9000?\u001b[2K\r\u001b[8mRefund 9?\u202e\u009b1A\u200b\u001b]8;;http://x\u0007';
    expect(forTerminal(theirs)).toBe('Refund 9000?[2K[8mRefund 9?1A]8;;http://x');
  });
});

describe('createPlainProgress', () => {
  it('says every few seconds how far it is, what is new alone, and nothing of what is quick', () => {
    let nowMs = 0;
    const lines: string[] = [];
    const tell = createPlainProgress(
      (line) => lines.push(line),
      () => nowMs,
    );
    for (nowMs = 0; nowMs < 20_000; nowMs += 400) tell(nowMs < 12_000 ? `${nowMs} done` : 'it stands still');
    tell('');
    expect(lines).toEqual(['5200 done', '10400 done', 'it stands still']);
  });
});

describe('formatTable', () => {
  it('keeps a row in one line, whatever is in its cells', () => {
    expect(
      formatTable([
        ['A', 'B'],
        ['one\nfake', 'x'],
      ]).split('\n'),
    ).toEqual(['A         B', 'one fake  x']);
  });
});
