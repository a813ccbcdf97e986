import {
  listPauses,
  type RoutesSeen,
  readAnnounced,
  readRoutes,
  type Stream,
  StreamError,
} from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import type { Samples } from '../partitions/samples.js';
import type { RouteFiles, RouteInFile, RoutesRead } from '../route-files.js';
import { routeFigures } from '../routes-as-seen.js';
import { pauseFacts } from './pauses.js';

/**
 * `GET /v1/routes`: the routes of the configuration folder, in the order of the file, each with what is wrong with it,
 * whether a consumer has announced it, who has paused it, and what became of its deliveries within the last minute. Those that consumers have announced or somebody has paused,
 * and the folder does not have, come after them by their ids alone. `configuration` says whether the folder could be read
 * here. Always one page: there are as many as configuration has.
 */
export function addRoutes(app: FastifyInstance, stream: Stream, samples: Samples, files: RouteFiles): void {
  app.get('/v1/routes', async () => {
    const [read, announced, allPauses, reports] = await Promise.all([
      files.read(),
      readAnnounced(stream),
      listPauses(stream),
      readReports(stream, samples),
    ]);
    const figuresOf = routeFigures(reports);
    const pauses = new Map(allPauses.filter(({ kind }) => kind === 'route').map((pause) => [pause.name, pause]));
    const running = new Set(announced.flatMap(({ routes }) => routes));
    const inFile = read.state === 'absent' ? [] : read.routes;
    const known = new Set(inFile.map(({ route }) => route.id));
    const others = [...new Set([...running, ...pauses.keys()])].filter((id) => !known.has(id)).sort();
    const stateOf = (id: string) => {
      const pause = pauses.get(id);
      return {
        announced: running.has(id),
        ...(figuresOf === undefined ? {} : { lastMinute: figuresOf(id) }),
        ...(pause === undefined ? {} : { paused: pauseFacts(pause) }),
      };
    };
    return {
      items: [
        ...inFile.map((one) => ({ ...routeToJson(one), ...stateOf(one.route.id) })),
        ...others.map((id) => ({ id, ...stateOf(id), problems: [] })),
      ],
      configuration: configurationToJson(read),
    };
  });
}

/** None where a partition cannot be looked at: whoever wants to pause a route then is to see the routes all the same. */
async function readReports(stream: Stream, samples: Samples): Promise<readonly RoutesSeen[]> {
  try {
    const { consumers } = await samples.look();
    return await readRoutes(
      stream,
      consumers.map(({ name }) => name),
    );
  } catch (error) {
    if (error instanceof StreamError) return [];
    throw error;
  }
}

function routeToJson({ line, source, route, problems }: RouteInFile) {
  const { id, on, when, delivery } = source;
  const ordered = source.ordered === undefined ? {} : { ordered: source.ordered };
  return {
    id,
    line,
    on,
    ...(when === undefined ? {} : { when }),
    target: targetOf(route),
    delivery,
    ...ordered,
    problems,
  };
}

function targetOf({ action }: RouteInFile['route']) {
  switch (action.kind) {
    case 'call':
      return { kind: action.kind, ...action.target };
    case 'handler':
      return { kind: action.kind, file: action.file };
    case 'agent':
      return { kind: action.kind, model: action.model, tools: action.tools };
  }
}

function configurationToJson(read: RoutesRead) {
  const { state, folder } = read;
  return read.state === 'absent' ? { state, folder, detail: read.detail } : { state, folder, problems: read.problems };
}
