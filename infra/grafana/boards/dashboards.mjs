import { agent } from './agent.mjs';
import { toDashboard } from './board.mjs';
import { overview } from './overview.mjs';
import { processes } from './processes.mjs';
import { routes } from './routes.mjs';
import { tools } from './tools.mjs';

/** What Grafana is given, by file. */
export const dashboards = {
  'agent.json': toDashboard(agent),
  'overview.json': toDashboard(overview),
  'processes.json': toDashboard(processes),
  'routes.json': toDashboard(routes),
  'tools.json': toDashboard(tools),
};
