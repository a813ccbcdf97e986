import type { JSX } from 'preact';
import { listApprovals } from '../api/approvals';
import { useLive } from '../live/use-live';
import { Empty, RefusalNotice, Waiting } from '../parts/notice';
import { PageHead } from '../parts/page-head';
import { ApprovalCard } from './approvals/approval-card';

const EVERY_MS = 3_000;

/** What waits for somebody's word before it goes on, soonest to expire first. */
export function Approvals(): JSX.Element {
  const { value, refusal, refresh } = useLive(listApprovals, EVERY_MS, []);
  return (
    <>
      <PageHead title="Approvals">soonest to expire first</PageHead>
      <div class="stack">
        <RefusalNotice refusal={refusal} />
        {value === undefined && refusal === undefined && <Waiting />}
        {value?.items.length === 0 && (
          <div class="card">
            <Empty icon="approvals" title="Nothing waits for an answer">
              When a tool asks before it acts, its delivery is parked and shown here with the exact arguments. Nothing
              else is held up meanwhile, and the call is made once somebody has said yes.
            </Empty>
          </div>
        )}
        {value?.items.map((approval) => (
          <ApprovalCard key={`${approval.id} ${approval.attempts}`} approval={approval} onAnswered={refresh} />
        ))}
        {value?.next !== undefined && <p class="quiet">There are more. They follow as these are answered.</p>}
      </div>
    </>
  );
}
