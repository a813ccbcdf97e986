import { ANOMALIES } from './anomaly.js';
import { checkHistory, type Report } from './check.js';
import { inventCorrectHistory } from './correct-history.js';
import { createRandom } from './random.js';
import type { Finding } from './verdict.js';

/** Whether the checker caught one planted anomaly: by name, and with a verdict that is not true. */
export interface SelfTestResult {
  readonly name: string;
  /** The rule that has to name it; undefined for the history in which nothing is wrong. */
  readonly rule: string | undefined;
  readonly caught: boolean;
}

/**
 * Turns the checker on itself: a correct history has to be valid, and every planted anomaly has to be caught by the
 * rule that it breaks. Touches nothing outside. Without this a checker that says yes to everything would do.
 */
export function runSelfTest(seed: number): readonly SelfTestResult[] {
  const correct = inventCorrectHistory(createRandom(seed));
  const isValid = checkHistory(correct).verdict === true;
  return [
    { name: 'nothing is wrong', rule: undefined, caught: isValid },
    ...ANOMALIES.map(({ name, rule, verdict, plant }) => {
      const report = checkHistory(plant(correct));
      const caught = findingsOf(report).some((found) => found.rule === rule && found.verdict === verdict);
      return { name, rule, caught: isValid && caught && report.verdict !== true };
    }),
  ];
}

/** Every finding of a report, those about routes and those about the run. */
export function findingsOf(report: Report): readonly Finding[] {
  return [...report.routes.flatMap(({ findings }) => findings), ...report.run];
}
