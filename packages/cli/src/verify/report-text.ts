import { colour, formatTable } from '../terminal.js';
import type { Report, RouteReport } from './check.js';
import type { Finding, Verdict } from './verdict.js';

const SHOWN_IDS = 5;
const HEADER = [
  ...[
    'ROUTE',
    '',
    'ACCEPTED',
    'DELIVERED',
    'EFFECTS',
    'LOST',
    'REPEATED',
    '2ND EFFECT',
    'UNKNOWN',
    'REORDERED',
    'ASKED AGAIN',
  ],
  ...['DEAD', 'HIT', 'WORST RECOVERY'],
];

/** A report as a person reads it: a row per route, a row per fault, and a line for everything that does not hold. */
export function formatReport(report: Report): string {
  const routes = formatTable([HEADER, ...report.routes.map(toRow)]);
  const faults = formatTable([
    ['FAULT', 'DONE', 'HIT WORK IN FLIGHT'],
    ...report.faults.map(({ kind, done, hits }) => [kind, String(done), String(hits)]),
  ]);
  const broken = [
    ...report.routes.flatMap(({ route, findings }) => describeFindings(route.name, findings)),
    ...describeFindings('run', report.run),
  ];
  const parts = [
    routes,
    ...(report.faults.length === 0 ? [] : [faults]),
    ...(broken.length === 0 ? [] : [broken.join('\n')]),
  ];
  return [...parts, `verdict: ${describeVerdict(report.verdict)}`].join('\n\n');
}

function toRow({ route, verdict, figures }: RouteReport): readonly string[] {
  const {
    accepted,
    delivered,
    effects,
    lost,
    repeated,
    secondEffects,
    uncertain,
    reordered,
    askedAgain = '-',
  } = figures;
  const { deadLetters, bitten, worstRecoveryMs } = figures;
  const worst = worstRecoveryMs === undefined ? '-' : `${(worstRecoveryMs / 1_000).toFixed(1)} s`;
  const calls = [
    accepted,
    delivered,
    effects,
    lost,
    repeated,
    secondEffects,
    uncertain,
    reordered,
    askedAgain,
    deadLetters,
    bitten,
  ];
  return [route.name, mark(verdict), ...calls.map(String), worst];
}

function describeFindings(about: string, findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ verdict }) => verdict !== true)
    .map(({ rule, verdict, ids, count, why }) => {
      const shown = ids.slice(0, SHOWN_IDS).join(', ');
      const events =
        count === 0 ? '' : `${count} event${count === 1 ? '' : 's'}: ${shown}${count > SHOWN_IDS ? ', …' : ''}`;
      return `${mark(verdict)} ${about} ${rule}: ${why ?? events}`;
    });
}

function mark(verdict: Verdict): string {
  if (verdict === true) return colour('green', '✓');
  return verdict === false ? colour('red', '✗') : colour('yellow', '?');
}

function describeVerdict(verdict: Verdict): string {
  if (verdict === true) return colour('green', 'valid');
  return verdict === false ? colour('red', 'violated') : colour('yellow', 'unknown');
}
