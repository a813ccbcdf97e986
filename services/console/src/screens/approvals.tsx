import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Answer, type Approval, listApprovals } from '../api/approvals';
import { useLive } from '../live/use-live';
import { useStill } from '../live/use-still';
import { Empty, Notice, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { linkToEvent } from '../shell/place';
import { ApprovalCard } from './approvals/approval-card';

const EVERY_MS = 3_000;
/** Answers that are still to be seen, the latest. */
const MAX_ANSWERED = 5;

interface Answered {
  readonly approval: Approval;
  readonly answer: Answer['action'];
}

/** What waits for somebody's word before it goes on, soonest to expire first. */
export function Approvals(): JSX.Element {
  const { value, refusal, refresh } = useLive(listApprovals, EVERY_MS, []);
  const { region, items, letGo } = useStill(value?.items, nameOf);
  const [answered, setAnswered] = useState<readonly Answered[]>([]);
  return (
    <>
      <PageHead title="Approvals">soonest to expire first</PageHead>
      <div class="stack">
        <RefusalNotice refusal={refusal} />
        {answered.map((one) => (
          <AnsweredNotice key={nameOf(one.approval)} {...one} />
        ))}
        {value === undefined && refusal === undefined && <Waiting />}
        {items?.length === 0 && (
          <div class="card">
            <Empty icon="approvals" title="Nothing waits for an answer">
              When a tool asks before it acts, or an agent wants to do what a person has to allow, its delivery is
              parked and shown here with the exact arguments. Nothing else is held up meanwhile, and the call is made
              once somebody has said yes.
            </Empty>
          </div>
        )}
        {items !== undefined && items.length > 0 && (
          <section class="stack" aria-label="Waiting for an answer" ref={region}>
            {items.map((approval) => (
              <ApprovalCard
                key={nameOf(approval)}
                approval={approval}
                onAnswered={(answer) => {
                  setAnswered((known) => [{ approval, answer }, ...known].slice(0, MAX_ANSWERED));
                  letGo();
                  refresh();
                }}
              />
            ))}
          </section>
        )}
        {value?.next !== undefined && <p class="quiet">There are more. They follow as these are answered.</p>}
      </div>
    </>
  );
}

function AnsweredNotice({ approval: { asks, ref }, answer }: Answered): JSX.Element {
  return (
    <Notice tone="good">
      {answer === 'accept' ? 'Approved' : 'Denied'}:{' '}
      <code>
        {asks.server}/{asks.tool}
      </code>
      . The delivery goes on with that: <a href={linkToEvent(ref)}>see what becomes of it</a>.
    </Notice>
  );
}

/** What it asks next has the same id, and is another question. */
function nameOf({ id, attempts }: Approval): string {
  return `${id} ${attempts}`;
}
