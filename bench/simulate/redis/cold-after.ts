import { RESTS_MS, type RedisCosts } from './costs.ts';

/** How cold a node is after a rest: taken from the two rests beside it for which it was measured, by their logarithms. */
export function coldAfter(restMs: number, measured: RedisCosts['coldAfter']): number {
  const [first] = RESTS_MS;
  if (restMs <= Number(first)) return (Math.max(0, restMs) / Number(first)) * measured[first];
  const longer = RESTS_MS.find((rest) => Number(rest) >= restMs);
  const shorter = RESTS_MS.findLast((rest) => Number(rest) < restMs) ?? first;
  if (longer === undefined) return measured[shorter];
  const share = Math.log(restMs / Number(shorter)) / Math.log(Number(longer) / Number(shorter));
  return measured[shorter] + share * (measured[longer] - measured[shorter]);
}
