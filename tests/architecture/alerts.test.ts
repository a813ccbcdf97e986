import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { findAll, listNames, readText } from './repository.js';
import { listSeries, readRules, seriesIn } from './series.js';

const known = await listSeries();
const alerts = readRules('alerts.yml').map((rule) => ({ ...rule, alert: rule.alert ?? '' }));
const recordings = readRules('recording.yml').map((rule) => ({ ...rule, record: rule.record ?? '' }));
const runbooks = findAll(readText('docs/alerts.md'), /^## (\w+)$/gm);
const boards = listNames('infra/grafana/dashboards').map(
  (file) => (JSON.parse(readText(`infra/grafana/dashboards/${file}`)) as { uid: string }).uid,
);
const cases = (
  parse(readText('infra/prometheus/tests/alerts.yml')) as { tests: readonly { name: string }[] }
).tests.map(({ name }) => name);

describe('the recording rules', () => {
  it.each(recordings)('$record asks for series that exist, and is used', ({ record, expr }) => {
    expect(seriesIn(expr)).not.toEqual([]);
    expect(seriesIn(expr).filter((name) => !known.has(name))).toEqual([]);
    const users = [...alerts.map((rule) => rule.expr), ...listNames('infra/grafana/dashboards').map(readBoard)];
    expect(users.some((text) => text.includes(record))).toBe(true);
  });
});

describe('the alert rules', () => {
  it.each(alerts)('$alert asks for series that exist', ({ expr }) => {
    expect(seriesIn(expr)).not.toEqual([]);
    expect(seriesIn(expr).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each(alerts)('$alert says how bad, what, why, what to do and where to look', ({ alert, labels, annotations }) => {
    expect(['page', 'ticket']).toContain(labels.severity);
    const { summary, description, runbook_url = '', dashboard_url = '', ...others } = annotations;
    expect([typeof summary, typeof description, others]).toEqual(['string', 'string', {}]);
    expect(runbook_url).toBe(`docs/alerts.md#${alert.toLowerCase()}`);
    expect(runbooks).toContain(alert);
    expect(boards).toContain(dashboard_url.replace('/d/', ''));
  });

  it.each(alerts)('$alert has a case in which it fires and one in which it does not', ({ alert }) => {
    expect(cases.filter((name) => name.startsWith(`${alert} `)).map((name) => name.split(' ')[1])).toEqual(
      expect.arrayContaining(['fires', 'stays']),
    );
  });
});

describe('the runbooks', () => {
  it('are those of the alerts', () => {
    const names = alerts.map(({ alert }) => alert);
    expect(runbooks.filter((name) => !names.includes(name) && /^[A-Z]\w*[A-Z]/.test(name))).toEqual([]);
  });
});

function readBoard(file: string): string {
  return readText(`infra/grafana/dashboards/${file}`);
}
