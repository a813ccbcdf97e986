import { ProblemError } from '@millrace/runtime';
import {
  listPauses,
  type Pausable,
  type Pause,
  type PausedKind,
  pause,
  readAnnounced,
  resume,
  type Stream,
} from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { checkInput } from '../check-input.js';
import { nameNotFound, pausesFull } from '../error-handler.js';

/** What somebody says who pauses or resumes. */
export const pauseBody = Type.Object(
  { note: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })) },
  { additionalProperties: false },
);

interface ByName {
  readonly Params: { readonly name: string };
}

/** `GET /v1/pauses`: everything that is paused. Always one page: nobody pauses a thousand things. */
export function addPauses(app: FastifyInstance, stream: Stream): void {
  app.get('/v1/pauses', async () => ({ items: await listPauses(stream) }));
}

/**
 * `POST /v1/routes/{id}/pause` and `…/resume`, and the same for `/v1/servers/{name}`: from when it is answered, each
 * consumer knows within a second. Doing it again is harmless; a pause takes the note that was said last. 404 for a name
 * that no configuration has which consumers have announced.
 */
export function addPausing(app: FastifyInstance, kind: PausedKind, stream: Stream, audit: Audit): void {
  const path = `/v1/${kind}s/:name`;

  app.post<ByName>(`${path}/pause`, async (request) => {
    const {
      params: { name },
      body,
      ip,
    } = request;
    const said = checkInput(pauseBody, body ?? {});
    if (!(await isKnown(stream, { kind, name }))) throw new ProblemError(nameNotFound(kind));
    const who = { from: ip, by: personOf(request).name, ...said };
    const made = await pause(stream, { kind, name }, who);
    if (made === undefined) throw new ProblemError(pausesFull());
    await audit({ action: `${kind}.pause`, target: name, count: 1, ...who });
    return { ...made, paused: true };
  });

  app.post<ByName>(`${path}/resume`, async (request) => {
    const {
      params: { name },
      body,
      ip,
    } = request;
    const said = checkInput(pauseBody, body ?? {});
    const wasPaused = await resume(stream, { kind, name });
    // What a newer configuration does not have any more can still be resumed.
    if (!wasPaused && !(await isKnown(stream, { kind, name }))) throw new ProblemError(nameNotFound(kind));
    if (wasPaused)
      await audit({ action: `${kind}.resume`, target: name, count: 1, from: ip, by: personOf(request).name, ...said });
    return { kind, name, paused: false };
  });
}

async function isKnown(stream: Stream, { kind, name }: Pausable): Promise<boolean> {
  const announced = await readAnnounced(stream);
  return announced.some(({ routes, servers }) => (kind === 'route' ? routes : servers).includes(name));
}

/** A pause as it is shown with what is paused. */
export function pauseFacts({ at, from, by, note }: Pause) {
  return { at, from, by, note };
}
