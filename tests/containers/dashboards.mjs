import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { check } from './checks.mjs';
import { compose } from './docker.mjs';
import { readJson } from './events.mjs';

const dashboards = new URL('../../infra/grafana/dashboards/', import.meta.url);

/** What only happens where keys are in a file, and where a route is ordered; the demonstration has neither. */
const NOT_HERE = /millrace_(sender_refusals|keys_reloads|turns_waited)_total/;

const LOSSES = ['LostEntries', 'GroupRecreated', 'StreamTrimmedBeforeRead', 'UnaccountedEntries'];

/**
 * Has Prometheus' own tools read its configuration, and Prometheus itself every query of every dashboard.
 * @param {string} prometheus base URL
 */
export async function checkDashboards(prometheus) {
  await check('promtool accepts the configuration and the alert rules', () =>
    compose('exec', '--no-TTY', 'prometheus', 'promtool', 'check', 'config', '/etc/prometheus/prometheus.yml'),
  );
  await check('promtool finds every alert firing where it should, and silent where it should not', () =>
    // It writes where TMPDIR points, and the container's own /tmp is read-only.
    compose(
      ...['exec', '--no-TTY', '--env', 'TMPDIR=/prometheus', 'prometheus'],
      ...['promtool', 'test', 'rules', '/etc/prometheus/tests/alerts.yml'],
    ),
  );
  await check('amtool accepts the configuration of Alertmanager', () =>
    compose('exec', '--no-TTY', 'alertmanager', 'amtool', 'check-config', '/etc/alertmanager/alertmanager.yml'),
  );
  await check('no alert speaks of data loss, and every rule can be evaluated', async () => {
    const { data } = await readJson(`${prometheus}/api/v1/rules`);
    /** @type {{ name: string, health: string, state: string }[]} */
    const rules = data.groups.flatMap((/** @type {{ rules: unknown[] }} */ group) => group.rules);
    assert.ok(rules.length > 0);
    assert.deepEqual(
      rules.filter(({ health }) => health !== 'ok'),
      [],
    );
    const losses = rules.filter(({ name }) => LOSSES.includes(name));
    assert.deepEqual(
      losses.map(({ state }) => state),
      LOSSES.map(() => 'inactive'),
    );
  });
  for (const file of readdirSync(dashboards)) {
    await check(`every query of the dashboard ${file} has an answer`, async () => {
      const { panels } = JSON.parse(readFileSync(new URL(file, dashboards), 'utf8'));
      /** @type {string[]} */
      const silent = [];
      for (const { expr } of panels.flatMap((/** @type {{ targets?: unknown[] }} */ panel) => panel.targets ?? [])) {
        const query = expr.replaceAll('$__rate_interval', '5m').replace(/\$\w+/g, '.*');
        const { data } = await readJson(`${prometheus}/api/v1/query?query=${encodeURIComponent(query)}`);
        if (data.result.length === 0 && !NOT_HERE.test(expr)) silent.push(expr);
      }
      assert.deepEqual(silent, []);
    });
  }
}
