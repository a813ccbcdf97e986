// What an ordinary expression costs: one that is evaluated in place, and one that runs in a process of its own. Run
// `npm run build` first, then `node bench/expressions.mjs`, with `--json` for one line of JSON.
import { parseRoutes, viewOf } from '../packages/routing/dist/index.js';

const CASES = {
  'in place: three members': '{ "eventId": id, "orderId": data.orderId, "total": data.total }',
  'in place: a list mapped and summed':
    '{ "lines": data.items.{ "sku": sku }, "sum": $sum(data.items.(price * quantity)) }',
  'apart: a list mapped by a function': '{ "lines": $map(data.items, function($i) { $i.sku & "/" & $i.quantity }) }',
  'apart: a list sorted': '{ "cheapest": data.items^(price)[0].sku }',
};
const ROUNDS = 2_000;
/** Evaluations at once, as in a consumer under load. */
const AT_ONCE = 16;

const items = Array.from({ length: 5 }, (_, at) => ({ sku: `s-${at}`, price: 10 - at, quantity: at + 1 }));
const bytes = Buffer.from(JSON.stringify({ orderId: 'o-1', total: 99, items }));
const own = { id: '1', source: '/bench', type: 'order.created' };
const view = viewOf({ ...own, attributes: { specversion: '1.0', ...own }, data: { kind: 'json', bytes } });

const results = [];
for (const [name, text] of Object.entries(CASES)) {
  const render = compile(text);
  for (let at = 0; at < 200; at += 1) await render(view);
  const alone = await timeOf(ROUNDS, () => render(view));
  const together = await timeOf(ROUNDS / AT_ONCE, () =>
    Promise.all(Array.from({ length: AT_ONCE }, () => render(view))),
  );
  results.push({ name, microsecondsAlone: alone, microsecondsTogether: together / AT_ONCE });
}
if (process.argv.includes('--json')) console.log(JSON.stringify({ results }));
else {
  for (const { name, microsecondsAlone, microsecondsTogether } of results) {
    const [alone, together] = [microsecondsAlone, microsecondsTogether].map((us) => us.toFixed(0).padStart(5));
    console.log(`${name.padEnd(38)} ${alone} µs one after the other, ${together} µs each with ${AT_ONCE} at once`);
  }
}

function compile(expression) {
  const text = `routes: [{ id: r, on: { all: [] }, call: { server: s, tool: t }, with: ${JSON.stringify(expression)} }]`;
  return parseRoutes(text, 'bench', new Set(['s']))[0].action.renderArguments;
}

async function timeOf(rounds, work) {
  const from = performance.now();
  for (let at = 0; at < rounds; at += 1) await work();
  return ((performance.now() - from) * 1_000) / rounds;
}
