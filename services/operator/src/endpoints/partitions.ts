import { ProblemError } from '@millrace/runtime';
import type { Partitions } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { personOf } from '../access/require-person.js';
import type { Audit } from '../audit.js';
import { checkInput } from '../check-input.js';
import { changeHindered, changeUnderWay, partitionsRefused } from '../error-handler.js';
import { changePartitions, describeChange } from '../partitions/change.js';

/** The number that somebody wants. */
export const partitionsBody = Type.Object(
  { partitions: Type.Integer({ minimum: 1, maximum: 4_096 }) },
  { additionalProperties: false },
);

/** `GET /v1/partitions`: how many there are, and what is left from before their number was changed last. */
export function addPartitions(app: FastifyInstance, partitions: Partitions): void {
  app.get('/v1/partitions', async () => {
    await partitions.refresh();
    return describeChange(partitions);
  });
}

/**
 * `POST /v1/partitions`: from when it is answered, new events find their partition by the new number. Asking again for the
 * same number is harmless, and carries on what has come to a stop. 422 for a number that they cannot become, 409 while
 * another change is under way, and where something would not be kept.
 */
export function addPartitionsChange(app: FastifyInstance, partitions: Partitions, audit: Audit): void {
  app.post('/v1/partitions', async (request) => {
    const { partitions: wanted } = checkInput(partitionsBody, request.body ?? {});
    const asked = await changePartitions(partitions, wanted);
    if (asked.kind === 'not-a-multiple') throw new ProblemError(partitionsRefused(asked.detail));
    if (asked.kind === 'busy') throw new ProblemError(changeUnderWay(asked.wanted));
    if (asked.kind === 'refused') throw new ProblemError(changeHindered(asked.problems));
    if (asked.kind === 'changed') {
      const target = `${asked.from} to ${wanted}`;
      await audit({ action: 'partitions.change', target, count: wanted, from: request.ip, by: personOf(request).name });
    }
    return describeChange(partitions);
  });
}
