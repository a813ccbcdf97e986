let failed = 0;
/** Of a reason; more than this hides the next check. */
const MAX_LINES = 60;

/**
 * Runs one check and prints one line about it, `ok …` or `FAILED …`, with the reason under it. Returns what the check
 * returns; undefined when it failed, so that later checks still run.
 * @template Result
 * @param {string} fact what holds, in the present tense
 * @param {() => Promise<Result>} check
 */
export async function check(fact, check) {
  const startedAt = performance.now();
  try {
    const result = await check();
    console.log(`ok ${fact} (${((performance.now() - startedAt) / 1_000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${fact}`);
    const reason = String(error instanceof Error ? error.message : error)
      .split('\n')
      .slice(0, MAX_LINES);
    console.log(reason.map((line) => `    ${line}`).join('\n'));
    return undefined;
  }
}

/** How many checks have failed so far. */
export function failures() {
  return failed;
}

/**
 * Asks again and again until the answer is not undefined, and returns it. Rejects after `limitMs` with what is missing.
 * @template Answer
 * @param {string} missing
 * @param {() => Promise<Answer | undefined>} ask
 * @param {number} [limitMs]
 */
export async function eventually(missing, ask, limitMs = 120_000) {
  const giveUpAt = performance.now() + limitMs;
  while (performance.now() < giveUpAt) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`${missing}, after ${limitMs / 1_000} s`);
}
