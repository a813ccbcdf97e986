import { ProblemError } from '@millrace/runtime';
import type { FastifyInstance } from 'fastify';

/** Largest body that is taken, in bytes: a filter is small, and a result that a person writes is too. */
const MAX_BODY_BYTES = 65_536;

/**
 * Lets the paths of this scope take JSON bodies of up to 64 KiB, and bodies of no other kind (415). An empty one counts
 * as none.
 */
export function takeJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string', bodyLimit: MAX_BODY_BYTES },
    (request, body, done) => {
      if (body === '') return done(null);
      return parseJson(request, body, (error, parsed) => {
        const detail = 'the body is not JSON';
        done(error === null ? null : new ProblemError({ status: 400, code: 'BODY_NOT_JSON', detail }), parsed);
      });
    },
  );
}
