import { parseArgs } from 'node:util';
import { listenForStop } from '../faults/stop-requests.ts';
import { runSabotages, type SabotageResult } from './run-sabotages.ts';
import { SABOTAGES } from './sabotages.ts';

const USAGE = `node tests/sabotage/main.ts [options]

Runs builds of the services in which one rule is broken; the checker of \`millrace verify\` has to name each. Needs the
services built, and redis-server (MILLRACE_REDIS_SERVER, or on PATH).

  --only NAME    this one alone; may be given again
  --seed N       default 1
  --json         a line of JSON for each
  --list         names them, and runs nothing

Exits 0 when each is caught, 1 when one is missed, 2 when something could not be shown, 3 for a wrong option.`;

const OPTIONS = {
  only: { type: 'string', multiple: true },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const say = (text: string) => void process.stdout.write(`${text}\n`);
  const stop = listenForStop();
  let values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (error) {
    say(`${(error as Error).message}\n\n${USAGE}`);
    return 3;
  }
  if (values.help) say(USAGE);
  else if (values.list) for (const { name, breaks } of SABOTAGES) say(`${name}: ${breaks}`);
  if (values.help || values.list) return 0;
  const { only } = values;
  const strange = only?.filter((name) => !SABOTAGES.some((one) => one.name === name)) ?? [];
  const seed = Number(values.seed);
  if (strange.length > 0 || !Number.isSafeInteger(seed)) {
    say(
      strange.length > 0 ? `no sabotage is called ${strange.join(', ')}; --list names them` : 'the seed is no number',
    );
    return 3;
  }
  const chosen = SABOTAGES.filter(({ name }) => only === undefined || only.includes(name));
  const results = await runSabotages(chosen, seed, stop, (result) =>
    say(values.json ? JSON.stringify(result) : describe(result)),
  );
  if (results.some(({ outcome }) => outcome === 'missed')) return 1;
  return results.length === chosen.length && results.every(({ outcome }) => outcome === 'caught') ? 0 : 2;
}

function describe({ name, outcome, caughtAs, seconds, why }: SabotageResult): string {
  const word = outcome === 'caught' ? `caught as ${caughtAs.join(', ')}` : outcome;
  return `${name}: ${word} in ${seconds} s${why === undefined ? '' : `\n  ${why.split('\n').join('\n  ')}`}`;
}
