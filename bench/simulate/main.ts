// Simulates a deployment. `npm run simulate -- --help` says what it takes.
import { compareWithMeasured } from './against-measured.ts';
import { HELP, parseCommand } from './command-line.ts';
import { FITTED } from './costs.ts';
import { fit } from './fit.ts';
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
  case 'fit':
    print(`${JSON.stringify(await fit(), null, 2)}\n`);
    break;
  case 'compare':
    process.exitCode = (await compareWithMeasured(print)) ? 0 : 1;
    break;
  case 'simulate': {
    const result = await simulate(command.scenario, FITTED);
    print(command.isJson ? `${JSON.stringify(result)}\n` : renderResult(command.scenario, result) + renderRun());
  }
}
