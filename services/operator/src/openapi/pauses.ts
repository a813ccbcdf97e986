import { pauseBody } from '../endpoints/pauses.js';
import { nameNotFound, pausesFull } from '../error-handler.js';
import { answer, everyAnswer, inPath, invalid, jsonBody, refusedBy } from './parts.js';

/** The paths by which somebody pauses routes and servers. */
export const pausePaths = {
  '/v1/pauses': {
    get: {
      summary: 'The routes and servers that are paused',
      responses: { 200: answer('All of them.', 'PauseList'), ...everyAnswer },
    },
  },
  '/v1/routes/{name}/pause': describePause('route', 'Begin no delivery along a route; what is under way ends'),
  '/v1/routes/{name}/resume': describeResume('route', 'Go on with a route'),
  '/v1/servers/{name}/pause': describePause('server', 'Begin no call to a server; those under way end'),
  '/v1/servers/{name}/resume': describeResume('server', 'Go on with calls to a server'),
};

function describePause(kind: 'route' | 'server', summary: string) {
  const { post } = describeResume(kind, summary);
  const full = refusedBy('There are 1,000 pauses.', pausesFull());
  return { post: { ...post, responses: { ...post.responses, 409: full } } };
}

function describeResume(kind: 'route' | 'server', summary: string) {
  return {
    post: {
      summary,
      parameters: [inPath('name', kind === 'route' ? 'The id of the route.' : 'The name of the server.')],
      requestBody: jsonBody(pauseBody, false),
      responses: {
        200: answer('How it is now; each consumer knows within a second.', 'PauseState'),
        400: invalid,
        404: refusedBy('No consumer has announced a configuration that has it.', nameNotFound(kind)),
        ...everyAnswer,
      },
    },
  };
}
