// What finding the routes of an event costs, among ten, a thousand and ten thousand. Run `npm run build` first, then
// `node bench/matching.mjs`, with `--json` for one line of JSON. The events and filters are those of an ordinary
// configuration: most routes name a type, some its beginning or end, a subject, or a choice.
import { parseRoutes, RouteTable } from '../packages/routing/dist/index.js';

const SIZES = [10, 1_000, 10_000];
/** Matched events per measurement, and how many measurements the median is taken of. */
const EVENTS = 20_000;
const ROUNDS = 7;

const FILTERS = [
  (n) => `{ type: com.shop.order-${n}.created }`,
  (n) => `{ type: com.shop.order-${n}.paid, source: /shop/eu }`,
  (n) => `{ prefix: { type: com.ops.service-${n}. } }`,
  (n) => `{ suffix: { type: .shop-${n}.deleted } }`,
  (n) => `{ exact: { subject: customer/${n} } }`,
  (n) => `{ any: [{ type: com.a-${n} }, { type: com.b-${n} }] }`,
  (n) => `{ all: [{ type: com.c-${n} }, { not: { source: /test } }] }`,
];
/** Every event takes these, however many other routes there are. */
const ALWAYS = ['{ type: com.bench.sent }', '{ prefix: { type: com.bench. } }'];

const results = SIZES.map((size) => ({ routes: size, nsPerEvent: measure(size) }));
const [ten, thousand] = results.map(({ nsPerEvent }) => nsPerEvent);
const ratio = thousand / ten;
if (process.argv.includes('--json')) console.log(JSON.stringify({ results, ratio }));
else {
  for (const { routes, nsPerEvent } of results) {
    console.log(`${String(routes).padStart(6)} routes  ${nsPerEvent.toFixed(0).padStart(6)} ns per event`);
  }
  console.log(`1,000 routes cost ${ratio.toFixed(2)} times as much per event as 10 (the aim: within 2)`);
}

function measure(size) {
  const filters = Array.from({ length: size }, (_, at) => ALWAYS[at] ?? FILTERS[at % FILTERS.length](at));
  const text = filters.map((on, at) => `- { id: r${at}, on: ${on}, call: { server: s, tool: t }, with: '{}' }`);
  const table = new RouteTable(parseRoutes(`routes:\n${text.join('\n')}`, 'bench', new Set(['s'])));
  const events = Array.from({ length: 1_000 }, (_, at) => eventNumber(at));
  const runs = Array.from({ length: ROUNDS + 1 }, () => timeOne(table, events));
  // The first one warms up.
  return runs.slice(1).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
}

function timeOne(table, events) {
  const from = process.hrtime.bigint();
  let matched = 0;
  for (let at = 0; at < EVENTS; at += 1) matched += table.accepting(events[at % events.length]).length;
  if (matched !== EVENTS * ALWAYS.length) throw new Error(`matched ${matched} routes, which is wrong`);
  return Number(process.hrtime.bigint() - from) / EVENTS;
}

function eventNumber(at) {
  const own = { id: String(at), source: '/shop/eu', type: 'com.bench.sent' };
  return { ...own, attributes: { specversion: '1.0', ...own, subject: `order/${at}` }, data: undefined };
}
