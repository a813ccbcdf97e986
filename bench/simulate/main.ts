// Simulates a deployment. `npm run simulate -- --help` says what it takes.
import { HELP, parseCommand } from './command-line.ts';
import { renderResult, renderRun } from './report.ts';
import { simulate } from './simulation.ts';

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
    print(`${JSON.stringify({ ...(await fitCosts()), footprint: await fitFootprint() }, null, 2)}\n`);
    break;
  }
  case 'compare': {
    const { compareWithMeasured } = await import('./against-measured.ts');
    process.exitCode = (await compareWithMeasured(print)) ? 0 : 1;
    break;
  }
  case 'simulate':
    for (const scenario of command.scenarios) {
      const result = await simulate(scenario, command.costs);
      print(command.isJson ? `${JSON.stringify(result)}\n` : renderResult(scenario, result) + renderRun());
    }
}
