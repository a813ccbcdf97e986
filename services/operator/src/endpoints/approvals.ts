import { ProblemError } from '@millrace/runtime';
import { answerApproval, getApproval, type Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import { approvalToJson, summarizeApproval } from '../approval-to-json.js';
import type { Audit } from '../audit.js';
import { checkInput, invalid } from '../check-input.js';
import { approvalChanged, approvalNotFound, cursorInvalid } from '../error-handler.js';
import { PAGE_FIELDS, toPage } from '../page-input.js';
import { listAllApprovals } from '../partitions/approvals.js';
import type { Redaction } from '../redaction/redaction.js';

/** The page of a list of approvals. */
export const approvalsQuery = Type.Object(PAGE_FIELDS, { additionalProperties: false });

/** One answer, as MCP words it: `content` goes with `accept`. */
const response = Type.Object(
  {
    action: Type.Union([Type.Literal('accept'), Type.Literal('decline'), Type.Literal('cancel')]),
    content: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  { additionalProperties: false },
);

/** The answers, by the names of what is asked. */
export const answerBody = Type.Object(
  {
    responses: Type.Record(Type.String({ maxLength: 256 }), response),
    /** `attempts` of the approval that the person has seen. */
    attempt: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  { additionalProperties: false },
);

interface ById {
  readonly Params: { readonly id: string };
}

/** The inbox: `GET /v1/approvals` lists what waits for somebody's answer, soonest to expire first; `GET …/{id}` shows one. */
export function addApprovals(app: FastifyInstance, partitions: Partitions, redaction: Redaction): void {
  app.get('/v1/approvals', async (request) => {
    const { query } = request;
    const redactor = redaction.for(personOf(request));
    const page = await listAllApprovals(partitions, toPage(checkInput(approvalsQuery, query)));
    if (page === undefined) throw new ProblemError(cursorInvalid());
    return { ...page, items: page.items.map((one) => summarizeApproval(redactor.approval(one))) };
  });

  app.get<ById>('/v1/approvals/:id', async (request, reply) => {
    const { params } = request;
    const approval = await getApproval(partitions.ofRef(params.id) ?? partitions.home, params.id);
    if (approval === undefined) throw new ProblemError(approvalNotFound());
    return reply
      .type('application/json; charset=utf-8')
      .send(approvalToJson(redaction.for(personOf(request)).approval(approval)));
  });
}

/**
 * `POST /v1/approvals/{id}` answers everything that is asked, and the delivery goes on with whichever consumer reads it
 * first. Of two who answer at once, one is told 404. Whatever it asks next has the same id: who says which `attempt` they have
 * seen is told 409 where it asks something else by now.
 */
export function addAnswer(app: FastifyInstance, partitions: Partitions, audit: Audit): void {
  app.post<ById>('/v1/approvals/:id', async (request, reply) => {
    const { params, body, ip } = request;
    const { responses, attempt } = checkInput(answerBody, body ?? {});
    const approval = await getApproval(partitions.ofRef(params.id) ?? partitions.home, params.id);
    if (approval === undefined) throw new ProblemError(approvalNotFound());
    if (attempt !== undefined && attempt !== approval.asks.attempt) throw new ProblemError(approvalChanged());
    refuseMismatch(Object.keys(approval.asks.requests), Object.keys(responses));
    const answer = await answerApproval(partitions.ofRef(approval.ref) ?? partitions.home, approval, responses);
    if (answer === 'not-found') throw new ProblemError(approvalNotFound());
    await audit({
      action: 'approval.answer',
      target: params.id,
      count: 1,
      from: ip,
      by: personOf(request).name,
      note: describeAnswer(responses),
    });
    const { ref } = approval;
    return reply.code(202).header('location', `/v1/events/${ref}`).send({ ref, id: params.id, state: answer });
  });
}

/** What was said to what, without the content of it. */
function describeAnswer(responses: Readonly<Record<string, { readonly action: string }>>): string {
  const words = Object.entries(responses).map(([name, { action }]) => `${name}: ${action}`);
  return words.join(', ').slice(0, 500);
}

function refuseMismatch(asked: readonly string[], answered: readonly string[]): void {
  const missing = asked.filter((name) => !answered.includes(name));
  const surplus = answered.filter((name) => !asked.includes(name));
  const mistakes = [
    ...missing.map((name) => ({ pointer: `/responses/${name}`, detail: 'is asked, and is not answered' })),
    ...surplus.map((name) => ({ pointer: `/responses/${name}`, detail: 'is not asked' })),
  ];
  if (mistakes.length > 0) throw invalid(mistakes);
}
