import { formatTable, type Verdict } from '@millrace/cli';
import type { Judgement } from './judge-run.ts';
import type { ScenarioReport } from './run-scenario.ts';

const SHOWN_IDS = 5;

/** A scenario's line, and below it what was seen, what was measured, and whatever does not hold. */
export function formatScenario({
  id,
  title,
  fault,
  seed,
  seconds,
  verdict,
  judgement,
  problem,
}: ScenarioReport): string {
  const word = verdict === true ? 'ok' : 'FAILED';
  const why = verdict === true ? '' : verdict === false ? ', violated' : ', unknown';
  const head = `${word} ${id} ${title} [${fault}] (${seconds} s, seed ${seed}${why})`;
  const rest = judgement === undefined ? [] : describeJudgement(judgement);
  const lines = [...rest, ...(problem === undefined ? [] : problem.split('\n'))];
  return [head, ...lines.map((line) => `     ${line}`)].join('\n');
}

/** All scenarios in one table, a row for each guarantee. */
export function formatSummary(reports: readonly ScenarioReport[]): string {
  const rows = reports.flatMap(({ id, judgement }) =>
    (judgement?.routes ?? []).map((route) => [
      id,
      route.guarantee,
      mark(route.verdict),
      ...[route.accepted, route.delivered, route.effects, route.lost, route.repeated, route.secondEffects].map(String),
      ...[route.uncertain, route.bitten].map(String),
      route.worstRecoveryMs === undefined ? '-' : toSeconds(route.worstRecoveryMs),
    ]),
  );
  const header = ['', '', '', 'ACCEPTED', 'DELIVERED', 'EFFECTS', 'LOST', 'REPEATED', '2ND EFFECT', 'UNKNOWN', 'HIT'];
  return formatTable([[...header, 'WORST RECOVERY'], ...rows]);
}

function describeJudgement({ evidence, timings, findings, account }: Judgement): readonly string[] {
  const seen = evidence.map(({ what, seen, needed }) => `${what} ${seen}${needed > 0 ? ` (≥ ${needed})` : ''}`);
  const took = timings.map(({ what, ms, boundMs }) => {
    if (boundMs === undefined) return `${what}: ${toSeconds(ms)}`;
    return `${what}: ${toSeconds(ms)} of ${toSeconds(boundMs)}${ms > boundMs ? ', missed' : ''}`;
  });
  const broken = findings
    .filter(({ verdict }) => verdict !== true)
    .map(({ rule, verdict, ids, count, why }) => {
      const events = `${count} events: ${ids.slice(0, SHOWN_IDS).join(', ')}${count > SHOWN_IDS ? ', …' : ''}`;
      return `${mark(verdict)} ${rule}: ${why ?? events}`;
    });
  const { pending, backlog, due, deadLetters, consumers, running } = account;
  const left = `left: ${pending} pending, ${backlog} backlog, ${due} due, ${deadLetters} dead letters; ${consumers} names for ${running} consumers`;
  return [...(seen.length === 0 ? [] : [`seen: ${seen.join(', ')}`]), ...took, left, ...broken];
}

function mark(verdict: Verdict): string {
  if (verdict === true) return '✓';
  return verdict === false ? '✗' : '?';
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 1_000 ? 3 : 1)} s`;
}
