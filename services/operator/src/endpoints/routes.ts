import { listPauses, readAnnounced, type Stream } from '@millrace/stream-client';
import type { FastifyInstance } from 'fastify';
import type { RouteFiles, RouteInFile, RoutesRead } from '../route-files.js';
import { pauseFacts } from './pauses.js';

/**
 * `GET /v1/routes`: the routes of the configuration folder, in the order of the file, each with what is wrong with it,
 * whether a consumer has announced it, and who has paused it. Those that consumers have announced or somebody has paused,
 * and the folder does not have, come after them by their ids alone. `configuration` says whether the folder could be read
 * here. Always one page: there are as many as configuration has.
 */
export function addRoutes(app: FastifyInstance, stream: Stream, files: RouteFiles): void {
  app.get('/v1/routes', async () => {
    const [read, announced, allPauses] = await Promise.all([files.read(), readAnnounced(stream), listPauses(stream)]);
    const pauses = new Map(allPauses.filter(({ kind }) => kind === 'route').map((pause) => [pause.name, pause]));
    const running = new Set(announced.flatMap(({ routes }) => routes));
    const inFile = read.state === 'absent' ? [] : read.routes;
    const known = new Set(inFile.map(({ route }) => route.id));
    const others = [...new Set([...running, ...pauses.keys()])].filter((id) => !known.has(id)).sort();
    const stateOf = (id: string) => {
      const pause = pauses.get(id);
      return { announced: running.has(id), ...(pause === undefined ? {} : { paused: pauseFacts(pause) }) };
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
