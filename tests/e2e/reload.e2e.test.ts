import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { System } from '../system/system.js';

/** Enough for every order of the two files and of two consumers; `npm run test:full` reloads a thousand times. */
const RELOADS = process.env.MILLRACE_TEST_FULL === undefined ? 150 : 1_000;
const BROKEN_EVERY = RELOADS / 10;
const POSTERS = 6;
const TYPE = 'com.shop.reload';

let system: System;

beforeAll(async () => {
  system = await System.start(2, {
    config: filesOf('A'),
    env: { MILLRACE_CONFIG_POLL_MS: '10', LOG_LEVEL: 'fatal' },
  });
});

afterAll(async () => {
  await system?.stop();
});

type Version = 'A' | 'B';

/** The server has another name in each version, so that routes of one do not go with servers of the other. */
const serverOf = (version: Version) => `server-${version.toLowerCase()}`;

function filesOf(
  version: Version,
  known: readonly Version[] = [version],
): Record<'servers.yaml' | 'routes.yaml', string> {
  const each = known.map((one) => `${serverOf(one)}: { url: "\${MCP_AWS_URL}", privateAddresses: true }`);
  const servers = `servers: { ${each.join(', ')} }`;
  const routes = `
routes:
  - id: write
    on: { type: ${TYPE} }
    call: { server: ${serverOf(version)}, tool: audit.write }
    with: '{ "eventId": id, "action": "${version}" }'
    delivery: effectively-once
    idempotency: key
    retry: { initial: 50ms, max: 500ms }
`;
  return { 'servers.yaml': servers, 'routes.yaml': routes };
}

/** In two steps, as a person with an editor would: for a moment the folder holds half of each. */
async function putVersion(...version: Parameters<typeof filesOf>): Promise<void> {
  for (const [file, text] of Object.entries(filesOf(...version))) await put(file, text);
}

async function put(file: string, text: string): Promise<void> {
  const place = join(system.configDir, file);
  await writeFile(`${place}.new`, text);
  await rename(`${place}.new`, place);
}

async function scrape(name: RegExp): Promise<(string | undefined)[]> {
  const pages = await Promise.all(system.consumers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  return pages.map((page) => name.exec(page)?.[1]);
}

const versionsInForce = () => scrape(/^millrace_config_info\{version="(\w+)"\} 1$/m);
const refusals = async () =>
  (await scrape(/^millrace_config_reloads_total\{outcome="refused"\} (\d+)$/m)).map((count) => Number(count ?? 0));

/** Resolves with the version's name once every consumer has left the one before. */
async function untilInForce(isWanted: (version: string) => boolean): Promise<string> {
  return waitUntil(async () => {
    const [first, ...others] = await versionsInForce();
    return first !== undefined && others.every((other) => other === first) && isWanted(first) && first;
  }, 'every consumer runs the new version');
}

async function untilRefused(counts: readonly number[]): Promise<void> {
  await waitUntil(
    async () => (await refusals()).every((count, index) => count > (counts[index] ?? 0)),
    'every consumer has refused the broken version',
  );
}

/** Why deliveries were given up, if any were. */
async function deadLetters(): Promise<unknown[]> {
  const answer = await fetch(`${system.operator.url}/v1/dead-letters?limit=5`);
  return ((await answer.json()) as { items: unknown[] }).items;
}

/** What the record says about the one delivery of an event. */
interface Delivery {
  readonly version: string;
  readonly attempts: number;
  readonly effects: readonly {
    readonly target: { readonly server: string; readonly version: string; readonly arguments: { action: Version } };
  }[];
}

describe('a configuration reloaded again and again under load', () => {
  it('loses no event, and no delivery runs under a half-loaded configuration', async () => {
    const names = new Map<string, Version>();
    names.set(await untilInForce(() => true), 'A');

    const refs: string[] = [];
    let isReloading = true;
    const posters = Array.from({ length: POSTERS }, async (_, poster) => {
      for (let n = 0; isReloading; n += 1) {
        const { status, body } = await system.post({ type: TYPE, id: `reload-${poster}-${n}`, data: {} });
        expect(status).toBe(202);
        refs.push(body.ref);
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    });

    const startedAt = performance.now();
    let broken = 0;
    for (let n = 1; n <= RELOADS; n += 1) {
      const version: Version = n % 2 === 0 ? 'A' : 'B';
      if (n % BROKEN_EVERY === 0) {
        const counts = await refusals();
        await put('routes.yaml', `routes: [{ id: broken-${n} }]`);
        await untilRefused(counts);
        broken += 1;
      }
      await putVersion(version);
      const known = await untilInForce((name) => (names.get(name) ?? version) === version);
      names.set(known, version);
    }
    isReloading = false;
    await Promise.all(posters);
    const seconds = (performance.now() - startedAt) / 1_000;
    // A call that is put off goes to the server that it was meant for, when there is one of that name again.
    await putVersion('A', ['A', 'B']);
    const last = await untilInForce((name) => !names.has(name));
    names.set(last, 'A');

    await system.untilIdle();
    expect(await deadLetters()).toEqual([]);
    const seen = { A: 0, B: 0 };
    for (const ref of refs) {
      const [delivery] = (await system.untilState(ref, 'done')).routes as unknown as [Delivery];
      const [{ target } = { target: undefined }] = delivery.effects;
      const version = names.get(target?.version ?? '') as Version;
      expect(target).toMatchObject({ server: serverOf(version), arguments: { action: version } });
      // One that was put off has ended under the last version, with the call that it was meant to make.
      expect([target?.version, last]).toContain(delivery.version);
      seen[version] += 1;
    }
    const witnessed = await system.witnessed('aws');
    expect(witnessed.size).toBe(refs.length);
    expect([...witnessed.values()].filter(({ effects }) => effects !== 1)).toEqual([]);
    expect(names.size).toBe(3);
    console.info(
      `${RELOADS} reloads in ${seconds.toFixed(1)} s, ${broken} broken ones refused; ` +
        `${refs.length} events, ${seen.A} under A and ${seen.B} under B`,
    );
    expect(Math.min(seen.A, seen.B)).toBeGreaterThan(0);
  }, 900_000);
});
