import { randomUUID } from 'node:crypto';
import { createReplay, EventError, parseEdit, type Replay, type Trust } from '@millrace/events';
import { ProblemError } from '@millrace/runtime';
import { type Partitions, readRecord } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { type Person, personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { editRefused, eventTrimmed, marksLeft, recordNotFound, wouldUncover } from '../error-handler.js';
import type { Redaction } from '../redaction/redaction.js';
import type { Redactor } from '../redaction/redactor.js';
import { type AppendParts, appendChecked, trustOfPerson } from './append-checked.js';

/** What a replay is made with. */
export interface ReplayParts extends AppendParts {
  readonly partitions: Partitions;
  readonly audit: Audit;
  readonly redaction: Redaction;
}

/**
 * `POST /v1/events/{ref}/replay`: sends an event again as a new one, as it was or with an edit, which is the body: a JSON
 * object of attributes and `data`. 202 with the new `ref`, once it is as durable as the deployment asked. Whoever gives an
 * `id` may ask again when no answer came: the same replay is then a duplicate. Refused as a post is: 400, 413, 422 where
 * the data do not fit the schema of the type, 409 for an id that was taken, 503 where there is no room.
 */
export function addReplay(app: FastifyInstance, parts: ReplayParts): void {
  app.post<{ Params: { ref: string } }>('/v1/events/:ref/replay', async (request, reply) => {
    const { params, body, ip } = request;
    const person = personOf(request);
    const { event, edited } = await makeReplay(parts, params.ref, bodyOf(body), person);
    const { ref, duplicate } = await appendChecked(parts, event);
    if (!duplicate)
      await parts.audit({
        action: edited.length === 0 ? 'event.replay' : 'event.replay-edited',
        target: params.ref,
        count: 1,
        from: ip,
        by: person.name,
        note: describe(ref, edited),
      });
    const answer = { ref, id: event.id, source: event.source, duplicate, replayOf: params.ref, edited };
    return reply.code(202).header('location', `/v1/events/${ref}`).send(answer);
  });
}

function bodyOf(body: unknown): Buffer | undefined {
  return Buffer.isBuffer(body) && body.length > 0 ? body : undefined;
}

async function makeReplay(
  { partitions, redaction }: ReplayParts,
  ref: string,
  body: Buffer | undefined,
  person: Person,
): Promise<Replay> {
  const record = await readRecord(partitions.ofRef(ref) ?? partitions.home, ref);
  if (record === undefined) throw new ProblemError(recordNotFound());
  const { event } = record;
  if (event === undefined) throw new ProblemError(eventTrimmed());
  const redactor = redaction.for(person);
  const { replay, hasFirstData } = edit({ ref, event }, body, trustOfPerson(person), redactor);
  if (hasFirstData && redactor.uncovers(event, replay.event)) throw new ProblemError(wouldUncover());
  return replay;
}

/** `hasFirstData`: not all data were said by whoever edits; some or all are those of the first. */
function edit(
  first: Parameters<typeof createReplay>[0],
  body: Buffer | undefined,
  editor: Trust,
  redactor: Redactor,
): { readonly replay: Replay; readonly hasFirstData: boolean } {
  const nothing = { attributes: {}, data: undefined };
  try {
    const said = body === undefined ? nothing : parseEdit(body);
    const data = said.data === undefined ? undefined : redactor.restore(first.event, said.data);
    if (said.data !== undefined && data === undefined) throw new ProblemError(marksLeft());
    const replay = createReplay(first, randomUUID(), { ...said, data }, editor);
    return { replay, hasFirstData: said.data === undefined || data !== said.data };
  } catch (error) {
    if (!(error instanceof EventError)) throw error;
    throw new ProblemError(editRefused(error));
  }
}

function describe(ref: string, edited: readonly string[]): string {
  const what = edited.length === 0 ? '' : `, otherwise: ${edited.join(', ')}`;
  return `as ${ref}${what}`.slice(0, 500);
}
