import type { JSX } from 'preact';
import type { AgentCall, AgentRun as Run } from '../../api/agent-run';
import { countOf, formatCost, formatCount } from '../../parts/format';
import { JsonView } from '../../parts/json-view';
import { formatDuration } from '../../parts/relative-time';
import { StateBadge } from '../../parts/state-badge';

/** What an agent has come to, what it has taken for that, and what became of every call that it asked for. */
export function AgentRun({ run }: { run: Run }): JSX.Element {
  const { output, spent, models, calls, resources } = run;
  return (
    <section class="stack-tight" aria-label="The agent’s run">
      {output !== undefined &&
        (typeof output === 'string' ? (
          <p class="said">{output}</p>
        ) : (
          <JsonView value={output} label="It has come to" />
        ))}
      <dl class="facts">
        <dt>It has taken</dt>
        <dd>
          {countOf(spent.steps, 'answer')} of {models.length === 0 ? 'the model' : models.join(', ')},{' '}
          {countOf(spent.calls, 'call')}
        </dd>
        <dt>Tokens</dt>
        <dd>
          {formatCount(spent.input)} in{spent.cached > 0 && ` (${formatCount(spent.cached)} of them cached)`},{' '}
          {formatCount(spent.output)} out
        </dd>
        <dt>Cost</dt>
        <dd>
          {spent.cost === 0 ? <span class="quiet">none, by the prices in models.yaml</span> : formatCost(spent.cost)}
        </dd>
        {resources.length > 0 && (
          <>
            <dt>It was shown</dt>
            <dd>{resources.map(({ name, verdict }) => `${name} (${verdict})`).join(', ')}</dd>
          </>
        )}
      </dl>
      {calls.length > 0 && <CallVerdicts calls={calls} />}
    </section>
  );
}

function CallVerdicts({ calls }: { calls: readonly AgentCall[] }): JSX.Element {
  return (
    <table data-folds aria-label="Calls that it asked for">
      <thead>
        <tr>
          <th>Asked for</th>
          <th>Became</th>
          <th>By whose word</th>
          <th class="number">Step</th>
        </tr>
      </thead>
      <tbody>
        {calls.map((call) => (
          <tr key={call.step}>
            <td class="code break">{call.tool ?? call.name}</td>
            <td data-label="Became">
              <StateBadge state={call.verdict} />
            </td>
            <td data-label="By whose word">{describeWord(call)}</td>
            <td data-label="Step" class="number code">
              {call.step}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Who has let a call go out, or has not. */
function describeWord({ verdict, isApproved, waitedMs }: AgentCall): string {
  const waited = waitedMs === undefined ? '' : ` after ${formatDuration(waitedMs)}`;
  if (isApproved) return `a person said yes${waited}`;
  if (verdict === 'declined') return `a person said no${waited}`;
  if (verdict === 'denied') return 'the route does not allow it';
  if (verdict === 'invalid') return 'its arguments do not fit the tool';
  return 'its own';
}
