import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Answer, type Approval, answerApproval } from '../../api/approvals';
import { maySteer } from '../../live/me';
import { useAction } from '../../live/use-action';
import { Button } from '../../parts/button';
import { ActionNotice } from '../../parts/notice';
import { Time } from '../../parts/time';
import { linkToEvent } from '../../shell/place';
import { AnswerFields } from './answer-fields';
import { describeSender } from './approval-words';
import { ExactArguments } from './exact-arguments';
import { type Content, readQuestions, startContent } from './questions';
import { WhatLedToIt } from './what-led-to-it';

/** One parked delivery: what it asks, what exactly will be called, for what, and the ways to answer. */
export function ApprovalCard({
  approval,
  onAnswered,
}: {
  approval: Approval;
  onAnswered: (answer: Answer['action']) => void;
}): JSX.Element {
  const { ref, route, expiresAt, asks, event } = approval;
  const questions = readQuestions(asks.requests);
  const [contents, setContents] = useState<Readonly<Record<string, Content>>>(() =>
    Object.fromEntries(questions.map(({ name, fields }) => [name, startContent(fields)])),
  );
  const action = useAction();
  const answer = (of: Answer['action']) =>
    action.run(async () => {
      const responses = questions.map(({ name }) => [name, toAnswer(of, contents[name] ?? {})] as const);
      await answerApproval(approval, Object.fromEntries(responses));
      onAnswered(of);
      return 'Answered.';
    });
  return (
    <form
      class="card stack"
      aria-label={`${asks.tool} for ${ref}`}
      onSubmit={(submitted) => {
        submitted.preventDefault();
        if (maySteer.value) answer('accept');
      }}
    >
      <div class="row">
        <h2 class="break">
          {asks.server}/{asks.tool}
        </h2>
        <span class="row-end quiet">
          expires <Time at={expiresAt} />
        </span>
      </div>
      {questions.map((question) => (
        <fieldset class="question" key={question.name}>
          <legend>{question.message}</legend>
          {maySteer.value && (
            <AnswerFields
              fields={question.fields}
              content={contents[question.name] ?? {}}
              onChange={(content) => setContents({ ...contents, [question.name]: content })}
            />
          )}
        </fieldset>
      ))}
      <ExactArguments asks={asks} refOfEvent={ref} />
      <dl class="facts">
        <dt>For the event</dt>
        <dd>
          <a href={linkToEvent(ref)}>{String(event?.type ?? ref)}</a>
          {event?.subject !== undefined && ` ${String(event.subject)}`}, {describeSender(approval)}
        </dd>
        <dt>Along the route</dt>
        <dd class="code">{route}</dd>
        <WhatLedToIt refOfEvent={ref} route={route} attempts={approval.attempts} />
      </dl>
      <ActionNotice action={action} />
      {!maySteer.value && <p class="quiet">It waits for somebody who may answer.</p>}
      <div class="row">
        <Button kind="primary" type="submit" icon="done" steers disabled={action.isBusy}>
          Approve
        </Button>
        <Button kind="danger" icon="dead" steers disabled={action.isBusy} onClick={() => answer('decline')}>
          Deny
        </Button>
      </div>
    </form>
  );
}

function toAnswer(action: Answer['action'], content: Content): Answer {
  return action === 'accept' ? { action, content } : { action };
}
