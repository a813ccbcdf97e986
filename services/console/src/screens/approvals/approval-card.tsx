import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Answer, type Approval, answerApproval } from '../../api/approvals';
import { useAction } from '../../live/use-action';
import { Button } from '../../parts/button';
import { JsonView } from '../../parts/json-view';
import { ActionNotice } from '../../parts/notice';
import { Time } from '../../parts/time';
import { linkToEvent } from '../../shell/place';
import { AnswerFields } from './answer-fields';
import { type Content, readQuestions, startContent } from './questions';

/** One parked delivery: what it asks, with which arguments it was called, and the ways to answer. */
export function ApprovalCard({ approval, onAnswered }: { approval: Approval; onAnswered: () => void }): JSX.Element {
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
      {asks.arguments === undefined ? (
        <p class="quiet">
          Its arguments are not kept here; <a href={linkToEvent(ref)}>the event</a> that they are made of is.
        </p>
      ) : (
        <JsonView value={asks.arguments} label="Called with exactly" />
      )}
      <ActionNotice action={action} />
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
