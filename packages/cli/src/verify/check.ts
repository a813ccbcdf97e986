import { checkRouteEvidence, checkRun } from './check-evidence.js';
import { checkRoute, describeRoute, type RouteFigures } from './check-route.js';
import { joinAccounts } from './event-account.js';
import type { FaultEvidence, History } from './history.js';
import type { TestedRoute } from './tested-route.js';
import { combine, type Finding, type Verdict } from './verdict.js';

/** What is said about one route. */
export interface RouteReport {
  readonly route: TestedRoute;
  readonly verdict: Verdict;
  readonly figures: RouteFigures;
  readonly findings: readonly Finding[];
}

/** What is said about a run. */
export interface Report {
  readonly verdict: Verdict;
  readonly routes: readonly RouteReport[];
  readonly run: readonly Finding[];
  readonly faults: readonly FaultEvidence[];
}

/**
 * Compares what was accepted, what the system says and what the witnesses saw. The verdict is true only if every rule
 * of every route holds and there was enough evidence to see it broken; false as soon as one rule is broken. Pure: the
 * same history has the same report.
 */
export function checkHistory(history: History): Report {
  const routes = history.routes.map((route) => {
    const account = joinAccounts(history, route);
    const figures = describeRoute(account);
    const evidence = checkRouteEvidence(history, account, figures);
    const isMissing = evidence.some(({ rule, verdict }) => rule === 'route-exists' && verdict !== true);
    // Where no route takes the events nothing was promised, so nothing can be broken but what ran all the same.
    const rules = checkRoute(account).filter(({ rule }) => !isMissing || rule === 'no-phantom');
    const findings = [...rules, ...(isMissing ? evidence.filter(({ verdict }) => verdict === 'unknown') : evidence)];
    return { route, verdict: combine(findings.map(({ verdict }) => verdict)), figures, findings };
  });
  const run = checkRun(history);
  const verdicts = [...routes.map(({ verdict }) => verdict), ...run.map(({ verdict }) => verdict)];
  return { verdict: routes.length === 0 ? 'unknown' : combine(verdicts), routes, run, faults: history.faults };
}
