import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { ConfigFiles } from '../system/config-folder.ts';

interface Routes {
  readonly routes: readonly unknown[];
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

/**
 * The configuration of all scenarios, and routes in order by a key that may be of another partition. Those are for them
 * that ask: with such routes the number of partitions cannot be changed.
 */
export function movingConfig(): ConfigFiles {
  return {
    'servers.yaml': read('config/servers.yaml'),
    'models.yaml': read('config/models.yaml'),
    'routes.yaml': stringify({ routes: ['config', 'config-moving'].flatMap(routesIn) }),
    'handlers/step.ts': read('config-moving/handlers/step.ts'),
  };
}

function routesIn(folder: string): Routes['routes'] {
  return (parse(read(`${folder}/routes.yaml`)) as Routes).routes;
}
