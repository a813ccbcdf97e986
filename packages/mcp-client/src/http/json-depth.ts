const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether arrays and objects in JSON text lie deeper inside each other than `maxDepth`. Looks at the text only, so it
 * can be asked before anything is built from it; text that is not JSON gets some answer and is left to the parser.
 */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === BACKSLASH) at += 1;
      else if (char === QUOTE) inString = false;
    } else if (char === QUOTE) {
      inString = true;
    } else if ((char | 0x20) === 0x7b) {
      // { and [ differ in one bit, as do } and ].
      depth += 1;
      if (depth > maxDepth) return true;
    } else if ((char | 0x20) === 0x7d) {
      depth -= 1;
    }
  }
  return false;
}
