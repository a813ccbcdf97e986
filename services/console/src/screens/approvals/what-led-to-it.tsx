import type { JSX } from 'preact';
import { asAgentRun } from '../../api/agent-run';
import { readEvent } from '../../api/events';
import { useLive } from '../../live/use-live';
import { countOf } from '../../parts/format';
import { lastWordsOf } from './approval-words';

/** What has happened before somebody is asked does not change while they are. */
const EVERY_MS = 60_000;

/** What an agent has said and done before it came to ask. Nothing where it is no agent that asks. */
export function WhatLedToIt({
  refOfEvent,
  route,
  attempts,
}: {
  refOfEvent: string;
  route: string;
  attempts: number;
}): JSX.Element | null {
  const { value: record } = useLive((signal) => readEvent(refOfEvent, signal), EVERY_MS, [refOfEvent, attempts]);
  const run = asAgentRun(record?.routes.find(({ id }) => id === route)?.result);
  if (record === undefined || run === undefined) return null;
  const said = lastWordsOf(record, route);
  const made = run.calls.map(({ tool, name, verdict }) => `${tool ?? name} (${verdict})`);
  return (
    <>
      <dt>The agent says</dt>
      <dd>{said === undefined ? <span class="quiet">nothing but the call</span> : <q>{said}</q>}</dd>
      <dt>Before that</dt>
      <dd>
        {made.length === 0 ? 'it called nothing' : `it called ${made.join(', ')}`}, with{' '}
        {countOf(run.spent.steps, 'answer')} of the model
      </dd>
    </>
  );
}
