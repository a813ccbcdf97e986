/** Lines of one message that may follow each other at once, and how many more there may be in a second. */
const MAX_BURST = 20;
const LINES_PER_SECOND = 5;
/** Messages are constants of the code, so there are few; a mistake in one must not cost memory. */
const MAX_MESSAGES = 500;

/**
 * Bounds how often one message is logged: a fault that every event runs into must not fill the disk. Returns, for a line
 * that may be written, how many like it were left out since the last one; undefined for one that may not.
 */
export function createLineLimit(now: () => number): (message: string) => number | undefined {
  const budgets = new Map<string, { tokens: number; at: number; leftOut: number }>();
  return (message) => {
    const at = now();
    if (!budgets.has(message) && budgets.size >= MAX_MESSAGES) budgets.clear();
    const budget = budgets.get(message) ?? { tokens: MAX_BURST, at, leftOut: 0 };
    budgets.set(message, budget);
    budget.tokens = Math.min(MAX_BURST, budget.tokens + ((at - budget.at) / 1_000) * LINES_PER_SECOND);
    budget.at = at;
    if (budget.tokens < 1) {
      budget.leftOut += 1;
      return undefined;
    }
    budget.tokens -= 1;
    const { leftOut } = budget;
    budget.leftOut = 0;
    return leftOut;
  };
}
