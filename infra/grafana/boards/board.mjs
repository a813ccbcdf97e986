/**
 * @typedef {object} Query
 * @property {string} expr
 * @property {string} legend
 * @property {boolean} [hasExemplars] dots that name a trace, where traces are kept
 *
 * @typedef {object} Panel
 * @property {'timeseries' | 'stat' | 'table'} type
 * @property {string} title
 * @property {string} description what is shown, and what to think of it
 * @property {string} unit Grafana's name of it
 * @property {readonly Query[]} queries
 * @property {number} [width] of 24 columns
 * @property {boolean} [isStacked]
 * @property {readonly { value: number | null, color: string }[]} [steps] colours of a stat, from below
 *
 * @typedef {object} Variable
 * @property {string} name
 * @property {string} label
 * @property {string} query PromQL of `label_values`
 *
 * @typedef {object} Board
 * @property {string} uid
 * @property {string} title
 * @property {string} description
 * @property {readonly Variable[]} variables
 * @property {readonly { title: string, panels: readonly Panel[] }[]} rows
 */

const WIDTH = 24;
const HEIGHT = 8;
const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };
/** The span of time that one looks at stays the same from board to board. */
const TO_THE_OTHERS = {
  type: 'dashboards',
  tags: ['millrace'],
  title: 'Millrace',
  asDropdown: true,
  includeVars: false,
  keepTime: true,
  targetBlank: false,
  icon: 'external link',
  tooltip: '',
  url: '',
};

/**
 * A dashboard as Grafana reads it from a file: panels from left to right, a row under the other.
 * @param {Board} board
 */
export function toDashboard({ uid, title, description, variables, rows }) {
  /** @type {object[]} */
  const panels = [];
  let y = 0;
  for (const row of rows) {
    panels.push({ id: panels.length + 1, type: 'row', title: row.title, gridPos: { h: 1, w: WIDTH, x: 0, y } });
    y += 1;
    let x = 0;
    for (const panel of row.panels) {
      const width = panel.width ?? 8;
      if (x + width > WIDTH) [x, y] = [0, y + HEIGHT];
      panels.push(toPanel(panels.length + 1, panel, { h: HEIGHT, w: width, x, y }));
      x += width;
    }
    y += HEIGHT;
  }
  return {
    uid,
    title: `Millrace: ${title}`,
    description,
    tags: ['millrace'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    timezone: 'browser',
    refresh: '10s',
    time: { from: 'now-30m', to: 'now' },
    templating: { list: variables.map(toVariable) },
    annotations: { list: [] },
    links: [TO_THE_OTHERS],
    panels,
  };
}

/** @param {Variable} variable */
function toVariable({ name, label, query }) {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    query: { query, refId: name },
    definition: query,
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

/**
 * @param {number} id
 * @param {Panel} panel
 * @param {object} gridPos
 */
function toPanel(id, { type, title, description, unit, queries, isStacked, steps }, gridPos) {
  const custom = {
    lineWidth: 1,
    fillOpacity: 10,
    showPoints: 'never',
    ...(isStacked ? { stacking: { mode: 'normal' } } : {}),
  };
  return {
    id,
    type,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        ...(type === 'timeseries' ? { custom } : {}),
        ...(steps ? { thresholds: { mode: 'absolute', steps } } : {}),
      },
      overrides: [],
    },
    targets: queries.map(({ expr, legend, hasExemplars }, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend,
      ...(hasExemplars ? { exemplar: true } : {}),
      ...(type === 'table' ? { instant: true, format: 'table' } : {}),
    })),
    options:
      type === 'timeseries'
        ? { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } }
        : type === 'stat'
          ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'area' }
          : {},
  };
}

/**
 * Lines over time.
 * @param {string} title
 * @param {string} unit
 * @param {string} description
 * @param {readonly Query[]} queries
 * @param {Partial<Panel>} [more]
 * @returns {Panel}
 */
export function graph(title, unit, description, queries, more = {}) {
  return { type: 'timeseries', title, unit, description, queries, ...more };
}

/**
 * One figure, red where it is bad from `badFrom` on.
 * @param {string} title
 * @param {string} unit
 * @param {string} description
 * @param {readonly Query[]} queries
 * @param {number} badFrom
 * @param {Partial<Panel>} [more]
 * @returns {Panel}
 */
export function figure(title, unit, description, queries, badFrom, more = {}) {
  const steps = [
    { value: null, color: 'green' },
    { value: badFrom, color: 'red' },
  ];
  return { type: 'stat', title, unit, description, queries, width: 6, steps, ...more };
}

/**
 * Median, 95th and 99th percentile of a histogram, and with the highest of them the traces of single values.
 * @param {string} histogram with its labels
 * @returns {readonly Query[]}
 */
export function percentiles(histogram) {
  const [name, labels = ''] = histogram.split(/(?=\{)/);
  return [0.5, 0.95, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${name}_bucket${labels}[$__rate_interval])))`,
    legend: `p${Math.round(quantile * 100)}`,
    hasExemplars: quantile === 0.99,
  }));
}

/**
 * How often a second, by these labels.
 * @param {string} counter with its labels
 * @param {readonly string[]} by
 * @returns {Query}
 */
export function rate(counter, by) {
  const legend = by.map((label) => `{{${label}}}`).join(' ') || 'all';
  const grouping = by.length === 0 ? 'sum' : `sum by (${by.join(', ')})`;
  return { expr: `${grouping} (rate(${counter}[$__rate_interval]))`, legend };
}

/**
 * @param {string} expr
 * @param {string} legend
 * @returns {Query}
 */
export function query(expr, legend) {
  return { expr, legend };
}

/**
 * A query over a histogram that carries exemplars.
 * @param {string} expr
 * @param {string} legend
 * @returns {Query}
 */
export function traced(expr, legend) {
  return { expr, legend, hasExemplars: true };
}
