import type { JSX } from 'preact';
import type { ConfigProblem } from '../api/routes';

/** Problems of configuration files, each with its place, and what would mend it. */
export function ConfigProblems({ problems }: { problems: readonly ConfigProblem[] }): JSX.Element {
  return (
    <ul>
      {problems.map(({ file, line, detail, mend }) => (
        <li key={`${file}:${line} ${detail}`}>
          <code>
            {file.split('/').at(-1)}:{line}
          </code>{' '}
          {detail}
          {mend !== undefined && `; ${mend}`}
        </li>
      ))}
    </ul>
  );
}
