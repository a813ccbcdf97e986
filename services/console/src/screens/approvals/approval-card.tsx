import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Answer, type Approval, answerApproval } from '../../api/approvals';
import { calledBy, readEvent } from '../../api/events';
import { useAction } from '../../live/use-action';
import { useLive } from '../../live/use-live';
import { Button } from '../../parts/button';
import { JsonView } from '../../parts/json-view';
import { ActionNotice } from '../../parts/notice';
import { Time } from '../../parts/time';
import { linkToEvent } from '../../shell/place';
import { AnswerFields } from './answer-fields';
import { type Content, readQuestions, startContent } from './questions';

/** What a call was made with does not change while it waits. */
const ARGUMENTS_EVERY_MS = 60_000;

/** One parked delivery: what it asks, with which arguments it was called, and the ways to answer. */
export function ApprovalCard({ approval, onAnswered }: { approval: Approval; onAnswered: () => void }): JSX.Element {
  const { id, ref, route, expiresAt, asks, event } = approval;
  const questions = readQuestions(asks.requests);
  const [contents, setContents] = useState<Readonly<Record<string, Content>>>(() =>
    Object.fromEntries(questions.map(({ name, fields }) => [name, startContent(fields)])),
  );
  const action = useAction();
  const answer = (of: Answer['action']) =>
    action.run(async () => {
      const responses = questions.map(({ name }) => [name, toAnswer(of, contents[name] ?? {})] as const);
      await answerApproval(id, Object.fromEntries(responses));
      onAnswered();
      return of === 'accept' ? 'Answered: yes. The delivery goes on.' : 'Answered: no.';
    });
  return (
    <form
      class="card stack"
      aria-label={`${asks.tool} for ${ref}`}
      onSubmit={(submitted) => {
        submitted.preventDefault();
        answer('accept');
      }}
    >
      <div class="row">
        <h2 class="break">
          {asks.server}/{asks.tool}
        </h2>
        <span class="quiet">
          on <span class="code">{route}</span>, for <a href={linkToEvent(ref)}>{String(event?.type ?? ref)}</a>
        </span>
        <span class="row-end quiet">
          expires <Time at={expiresAt} />
        </span>
      </div>
      {questions.map((question) => (
        <fieldset class="question" key={question.name}>
          <legend>{question.message}</legend>
          <AnswerFields
            fields={question.fields}
            content={contents[question.name] ?? {}}
            onChange={(content) => setContents({ ...contents, [question.name]: content })}
          />
        </fieldset>
      ))}
      <CallArguments refOfEvent={ref} route={route} step={asks.step} />
      <ActionNotice action={action} />
      <div class="row">
        <Button kind="primary" type="submit" icon="done" disabled={action.isBusy}>
          Approve
        </Button>
        <Button kind="danger" icon="dead" disabled={action.isBusy} onClick={() => answer('decline')}>
          Deny
        </Button>
      </div>
    </form>
  );
}

/** The exact arguments of the call that waits, out of the record of the event. */
function CallArguments({
  refOfEvent,
  route,
  step,
}: {
  refOfEvent: string;
  route: string;
  step: string;
}): JSX.Element | null {
  const { value } = useLive((signal) => readEvent(refOfEvent, signal), ARGUMENTS_EVERY_MS, [refOfEvent]);
  const delivery = value?.routes.find(({ id }) => id === route);
  const effect = delivery?.effects.find((one) => one.step === step) ?? delivery?.effects.at(-1);
  const called = effect === undefined ? undefined : calledBy(effect);
  if (called?.arguments !== undefined) return <JsonView value={called.arguments} label="Called with" />;
  return value?.event == null ? null : <JsonView value={value.event.data ?? null} label="Data of the event" />;
}

function toAnswer(action: Answer['action'], content: Content): Answer {
  return action === 'accept' ? { action, content } : { action };
}
