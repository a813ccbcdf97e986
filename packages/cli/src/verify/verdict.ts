/** Three-valued: `unknown` is a failure as well, it says that nothing was proved. */
export type Verdict = true | false | 'unknown';

/** One rule's judgement, with what broke it. */
export interface Finding {
  /** The rule, by its stable name. */
  readonly rule: string;
  readonly verdict: Verdict;
  /** The ids of the events that broke it; at most `MAX_IDS` of them are listed, `count` says how many there are. */
  readonly ids: readonly string[];
  readonly count: number;
  /** Why, where ids do not say it. */
  readonly why?: string;
}

/** More offending ids than this are counted and not listed. */
export const MAX_IDS = 100;

/** False as soon as one is false, else unknown as soon as one is, else true. Nothing at all proves nothing. */
export function combine(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return 'unknown';
  if (verdicts.includes(false)) return false;
  return verdicts.includes('unknown') ? 'unknown' : true;
}

/** A rule that holds when no event broke it. */
export function judgeIds(rule: string, ids: readonly string[]): Finding {
  return { rule, verdict: ids.length === 0, ids: ids.slice(0, MAX_IDS), count: ids.length };
}

/** A rule that is not about single events: it holds, or here is why not. */
export function judge(rule: string, why: string | undefined, otherwise: false | 'unknown'): Finding {
  const base = { rule, ids: [], count: 0 };
  return why === undefined ? { ...base, verdict: true } : { ...base, verdict: otherwise, why };
}
