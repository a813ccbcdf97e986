// Simulates a deployment. `npm run simulate -- --help` says what it takes.
import { HELP, parseCommand } from './command-line.ts';
import { renderResult, renderRun } from './report.ts';
import { simulate } from './simulation.ts';

/** How often costs are taken, which a machine has never the same twice. */
const FIT_ROUNDS = 3;

const print = (text: string) => void process.stdout.write(text);
const command = parseCommand(process.argv.slice(2));
switch (command.kind) {
  case 'help':
    print(HELP);
    break;
  case 'wrong':
    process.stderr.write(`${command.problem}\n\n${HELP}`);
    process.exitCode = 2;
    break;
  // Real systems take a while to load, and most runs need none.
  case 'fit': {
    const { fitCosts, fitFootprint } = await import('./fit.ts');
    print(`${JSON.stringify({ ...(await fitCosts(FIT_ROUNDS)), footprint: await fitFootprint() }, null, 2)}\n`);
    break;
  }
  case 'compare': {
    const { compareWithMeasured, findCases } = await import('./against-measured.ts');
    const cases = findCases(command.text);
    if (cases.length === 0) {
      process.stderr.write(`no case has ${command.text} in its title\n`);
      process.exitCode = 2;
    } else process.exitCode = (await compareWithMeasured(cases, print)) ? 0 : 1;
    break;
  }
  case 'simulate':
    for (const scenario of command.scenarios) {
      const result = await simulate(scenario, command.costs);
      print(command.isJson ? `${JSON.stringify(result)}\n` : renderResult(scenario, result) + renderRun());
    }
}
