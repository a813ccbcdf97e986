import type { CommandContext } from './context.js';
import { describeEvent, type EventView } from './show-dead-letter.js';

/** What waits for somebody's answer. */
export interface ApprovalView {
  readonly id: string;
  readonly route: string;
  readonly attempts: number;
  readonly expiresAt: string;
  readonly asks: {
    readonly server?: string;
    readonly tool: string;
    readonly arguments?: unknown;
    readonly requests: Readonly<Record<string, Question>>;
  };
  readonly event?: EventView | null;
}

interface Question {
  readonly params?: { readonly message?: string; readonly requestedSchema?: unknown };
}

/** As the runtime calls the question whether an agent may make a call; any other is a tool's own. */
const MAY_IT = 'approval';

/** The whole question: what is asked, the exact call, the event behind it, and how it is answered. */
export function showApproval(
  { id, attempts, expiresAt, asks, event = null }: ApprovalView,
  { terminal }: CommandContext,
): void {
  terminal.out(`${id}  waits until ${expiresAt}`);
  for (const [name, { params = {} }] of Object.entries(asks.requests)) {
    terminal.out(`asks: ${(params.message ?? name).replace(/\s+/g, ' ')}`);
    if (name !== MAY_IT) terminal.out(`an answer to \`${name}\` is ${JSON.stringify(params.requestedSchema ?? {})}`);
  }
  terminal.out(
    `call: ${[asks.server, asks.tool].filter(Boolean).join('/')} ${JSON.stringify(asks.arguments, undefined, 2)}`,
  );
  for (const line of describeEvent(event)) terminal.out(line);
  const which = `${id} --attempt ${attempts}`;
  terminal.note(
    MAY_IT in asks.requests
      ? `approvals approve ${which}, or approvals deny ${which} --reason '…'`
      : `approvals answer ${which} --accept '{…}', or --decline`,
  );
}
