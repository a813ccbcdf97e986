import { ProblemError } from '@millrace/runtime';
import {
  askForTools,
  listCalls,
  listPauses,
  type Pause,
  readAnnounced,
  readServers,
  readTools,
  type Stream,
} from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { checkInput } from '../check-input.js';
import { cursorInvalid, nameNotFound } from '../error-handler.js';
import { PAGE_FIELDS, toPage } from '../page-input.js';
import type { Samples } from '../partitions/samples.js';
import { serversAsSeen } from '../servers-as-seen.js';

/** Which calls of a server a caller wants to see. */
export const callQuery = Type.Object(
  {
    ...PAGE_FIELDS,
    tool: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    outcome: Type.Optional(Type.Union([Type.Literal('done'), Type.Literal('failed')])),
  },
  { additionalProperties: false },
);

/** What is known of a server's tools is good for this long, in ms; whoever looks later has the server asked again. */
const TOOLS_FRESH_MS = 60_000;

interface ByName {
  readonly Params: { readonly name: string };
}

/**
 * `GET /v1/servers`: each MCP server, and how the consumers that are alive see it: whose breaker is open, how many calls
 * are under way, and what its tools did within the last minute; and who has paused it. Always one page, by name: there
 * are as many as configuration has. `GET /v1/servers/{name}/calls`: its last calls. `GET /v1/servers/{name}/tools`: what
 * its tools are.
 */
export function addServers(
  app: FastifyInstance,
  stream: Stream,
  samples: Samples,
  nowMs: () => number = Date.now,
): void {
  app.get('/v1/servers', async () => {
    const { consumers } = await samples.look();
    const names = consumers.map(({ name }) => name);
    const [seen, pauses] = await Promise.all([readServers(stream, names), listPauses(stream)]);
    return { items: serversAsSeen(seen, new Map(pauses.filter(isOfServer).map((pause) => [pause.name, pause]))) };
  });

  app.get<ByName>('/v1/servers/:name/calls', async ({ params: { name }, query }) => {
    const { limit, cursor, ...filter } = checkInput(callQuery, query);
    await demandServer(stream, name);
    const page = await listCalls(stream, name, filter, toPage({ limit, cursor }));
    if (page === undefined) throw new ProblemError(cursorInvalid());
    return page;
  });

  app.get<ByName>('/v1/servers/:name/tools', async ({ params: { name } }) => {
    await demandServer(stream, name);
    const known = await readTools(stream, name);
    const isAsked = known === undefined || nowMs() - Date.parse(known.askedAt) > TOOLS_FRESH_MS;
    if (isAsked) await askForTools(stream, name);
    const { listedAt = null, problem, isTrusted = null, tools = [] } = known ?? {};
    return { listedAt, isAsked, isTrusted, ...(problem === undefined ? {} : { problem }), items: tools };
  });
}

/** Throws the refusal of a name that no consumer knows. */
async function demandServer(stream: Stream, name: string): Promise<void> {
  const announced = await readAnnounced(stream);
  if (!announced.some(({ servers }) => servers.includes(name))) throw new ProblemError(nameNotFound('server'));
}

function isOfServer({ kind }: Pause): boolean {
  return kind === 'server';
}
