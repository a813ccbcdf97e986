import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ConfigProblem, readYaml } from '@millrace/config-files';
import { checkRoutes, type InspectedRoute } from '@millrace/routing';
import { z } from 'zod';

/** A route of the configuration folder, and what is wrong with it. */
export interface RouteInFile extends InspectedRoute {
  readonly line: number;
  readonly problems: readonly ConfigProblem[];
}

/**
 * What the configuration folder says about routes. `absent`: it cannot be read here. `broken`: consumers would refuse it;
 * `problems` are those that belong to no route that is sound.
 */
export type RoutesRead =
  | { readonly state: 'absent'; readonly folder: string; readonly detail: string }
  | {
      readonly state: 'read' | 'broken';
      readonly folder: string;
      readonly routes: readonly RouteInFile[];
      readonly problems: readonly ConfigProblem[];
    };

/** What was read is believed for this long, in ms. */
const FRESH_MS = 1_000;
/** All that matters of a server here: its name, and whether its word is taken. */
const serversSchema = z.looseObject({
  servers: z.record(z.string(), z.looseObject({ trustAnnotations: z.boolean().optional() })),
});

/** The routes of the configuration folder as they stand there now, read anew when somebody asks. */
export class RouteFiles {
  readonly #folder: string;
  #known: { readonly text: string; readonly read: RoutesRead } | undefined;
  #reading: Promise<RoutesRead> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(
    configDir: string,
    private readonly durability: string,
  ) {
    this.#folder = resolve(configDir);
  }

  /** Never rejects: a folder that is not there, or broken, is an answer. */
  read(): Promise<RoutesRead> {
    if (this.#reading === undefined || performance.now() - this.#readAt > FRESH_MS) {
      this.#readAt = performance.now();
      this.#reading = this.#readOnce();
    }
    return this.#reading;
  }

  async #readOnce(): Promise<RoutesRead> {
    const folder = this.#folder;
    const texts: string[] = [];
    for (const file of ['servers.yaml', 'routes.yaml'].map((name) => join(folder, name))) {
      try {
        texts.push(await readFile(file, 'utf8'));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return { state: 'absent', folder, detail: `cannot read ${file} (${code}); MILLRACE_CONFIG names the folder` };
      }
    }
    const text = JSON.stringify(texts);
    if (this.#known?.text !== text) this.#known = { text, read: this.#check(texts) };
    return this.#known.read;
  }

  #check([serversText = '', routesText = '']: readonly string[]): RoutesRead {
    const folder = this.#folder;
    // Their addresses are made of settings that the operator need not have: those are for consumers to check.
    const servers = readYaml(serversText, join(folder, 'servers.yaml'), serversSchema);
    if ('problems' in servers) return { state: 'broken', folder, routes: [], problems: servers.problems };
    const entries = Object.entries(servers.value.servers);
    const checked = checkRoutes(routesText, join(folder, 'routes.yaml'), {
      servers: new Set(entries.map(([name]) => name)),
      tools: new Map(),
      durability: this.durability,
      trusted: new Set(entries.flatMap(([name, { trustAnnotations }]) => (trustAnnotations ? [name] : []))),
    });
    const routes = checked.routes.map((one) => ({
      ...one,
      line: checked.locate(['routes', one.index], '').line,
      problems: checked.problems.filter(({ pointer }) => isWithin(pointer, one.index)),
    }));
    const problems = checked.problems.filter(({ pointer }) => routes.every(({ index }) => !isWithin(pointer, index)));
    return { state: problems.length === 0 ? 'read' : 'broken', folder, routes, problems };
  }
}

function isWithin(pointer: string, index: number): boolean {
  return `${pointer}/`.startsWith(`/routes/${index}/`);
}
