import { PlatformError } from '@millrace/core';
import { type ConfigProblem, describeConfigProblem } from './config-problem.js';

/** Files that cannot be used as a whole. Every problem is in `problems` and, one a line, in the message. */
export class ConfigFileError<Code extends string> extends PlatformError<Code> {
  readonly problems: readonly ConfigProblem[];

  constructor(code: Code, what: string, problems: readonly ConfigProblem[]) {
    const lines = problems.map(describeConfigProblem).join('\n  ');
    super(code, `${problems.length} problem(s) in ${what}:\n  ${lines}`, { details: { problems } });
    this.problems = problems;
  }
}
