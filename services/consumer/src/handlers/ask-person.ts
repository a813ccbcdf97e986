import type { PersonAnswer } from '@millrace/agent';
import { DeliveryEnded } from '@millrace/handlers';
import { canonicalJson, type StepLedger } from '@millrace/ledger';
import type { Asked } from '@millrace/stream-client';
import { boundAsked } from '../call-outcome.js';
import type { AnsweredInput } from '../plan.js';

/** A call that waits for a person's word. */
export interface PersonQuestion {
  readonly server: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** For the person: what for, and why it is asked. */
  readonly message: string;
}

/** What asking has to work with. */
export interface Asking {
  readonly attempt: number;
  readonly ledger: Pick<StepLedger, 'stop'>;
  readonly input: AnsweredInput | undefined;
  readonly noteAsked: (asked: Asked) => void;
}

/** By this name a person's answer is found, whatever asked. */
const REQUEST = 'approval';
const MAX_REASON_CHARS = 1_000;

/**
 * What a person has answered to this very question: the same step, tool and arguments. Where nobody has yet, ends the
 * attempt with `DeliveryEnded`, and the delivery will be parked until somebody does.
 */
export function findAnswer(step: string, question: PersonQuestion, asking: Asking): PersonAnswer {
  const { server, tool, arguments: args, message } = question;
  const { input, attempt } = asking;
  if (input !== undefined && isAbout(input.asks, step, question)) return readAnswer(input);
  const params = { message, requestedSchema: { type: 'object', properties: { reason: { type: 'string' } } } };
  const requests = { [REQUEST]: { method: 'elicitation/create', params } };
  const asked = boundAsked({ attempt, step, server, tool, requests, arguments: args, askedAt: Date.now() });
  if (asked === undefined) {
    const error = { code: 'APPROVAL_TOO_LARGE', message: `the arguments of ${tool} are too large to ask about` };
    asking.ledger.stop({ reason: 'steps-invalid', error });
    throw new DeliveryEnded(error.message);
  }
  asking.noteAsked(asked);
  asking.ledger.stop({ reason: 'needs-input', error: { code: 'APPROVAL_NEEDED', message } });
  throw new DeliveryEnded(message);
}

/** For how long the call of this step has waited for what its tool had asked, in ms. */
export function waitedFor(step: string, input: AnsweredInput | undefined): number {
  if (input === undefined || input.asks.step !== step) return 0;
  return waitedSince(input.asks);
}

function isAbout(
  { step: asked, server, tool, arguments: args }: Asked,
  step: string,
  question: PersonQuestion,
): boolean {
  const isSameCall = asked === step && server === question.server && tool === question.tool;
  return isSameCall && canonicalJson(args) === canonicalJson(question.arguments);
}

/** Everything but a clear yes is a no. */
function readAnswer({ asks, responses }: AnsweredInput): PersonAnswer {
  const { action, content } = (responses[REQUEST] ?? {}) as { action?: unknown; content?: { reason?: unknown } };
  const reason = content?.reason;
  return {
    isApproved: action === 'accept',
    ...(typeof reason === 'string' && reason !== '' ? { reason: reason.slice(0, MAX_REASON_CHARS) } : {}),
    waitedMs: waitedSince(asks),
  };
}

/** Two consumers' clocks may differ; nobody is owed time for that. */
function waitedSince({ askedAt }: Asked): number {
  return askedAt === undefined ? 0 : Math.max(0, Date.now() - askedAt);
}
