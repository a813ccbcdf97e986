import { z } from 'zod';
import { toMarkdownTable } from './markdown-table.js';
import { ALSO_READ_BY, ELSEWHERE, type SettingElsewhere, STARTED_WITH } from './settings-elsewhere.js';
import { CONFIG_SETTINGS, PROCESS_SETTINGS, STREAM_SETTINGS, TRACE_SETTINGS } from './shared-settings.js';

/** The settings of one service. */
export interface ServiceSettings {
  readonly reader: string;
  readonly schema: z.ZodObject;
}

interface Section {
  readonly title: string;
  readonly intro?: string;
  /** What the section has of the schemas: the settings of a service that no section before it has, or these. */
  readonly of: string | Readonly<Record<string, unknown>>;
}

const SECTIONS: readonly Section[] = [
  { title: 'Every service', of: { ...PROCESS_SETTINGS, ...CONFIG_SETTINGS, ...TRACE_SETTINGS } },
  {
    title: 'The stream',
    intro: 'These must be the same in all processes of a deployment, but for the user and the password in `REDIS_URL`.',
    of: STREAM_SETTINGS,
  },
  { title: 'Producer', of: 'producer' },
  { title: 'Consumer', of: 'consumer' },
  { title: 'Operator', of: 'operator' },
  { title: 'Mock clouds', of: 'mcp-server' },
  {
    title: 'Scripted model',
    intro: `A stand-in for a language model: an OpenAI-compatible endpoint that answers from a script, without a key and without a
network. \`npm start\` starts it, unless \`MODEL_URL\` is set.`,
    of: 'model-script',
  },
  { title: '`npm start`', of: {} },
  {
    title: '`docker compose`',
    intro: 'Ports on this machine, on its loopback address; the containers have their own.',
    of: {},
  },
];

/** Every setting as a page for people: `docs/settings.md`, in Markdown. The order of the services is that of the readers. */
export function describeSettings(services: readonly ServiceSettings[]): string {
  const shown = new Set<string>();
  const sections = SECTIONS.map(({ title, intro, of }) => {
    const own = typeof of === 'string' ? services.find(({ reader }) => reader === of)?.schema.shape : of;
    const names = Object.keys(own ?? {}).filter((name) => !shown.has(name));
    for (const name of names) shown.add(name);
    const rows = [...names.map((name) => describeSetting(name, services)), ...(ELSEWHERE[title] ?? []).map(toRow)];
    const table = toMarkdownTable([['Name', 'Default', 'Bounds', 'Meaning', 'Read by'], ...rows]);
    return `## ${title}\n\n${intro === undefined ? '' : `${intro}\n\n`}${table}`;
  });
  return [INTRODUCTION, ...sections].join('\n');
}

/** A setting as its JSON Schema has it, with what only the page wants to know. */
interface Described {
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  /** In place of a range or a choice. */
  readonly bounds?: string;
  /** Beside it. */
  readonly also?: string;
  /** In place of a default. */
  readonly fallback?: string;
}

function describeSetting(name: string, services: readonly ServiceSettings[]): readonly string[] {
  const readers = services.filter(({ schema }) => name in schema.shape);
  const schema = readers[0]?.schema.shape[name];
  if (schema === undefined) throw new Error(`no service reads ${name}`);
  const described = z.toJSONSchema(schema as z.ZodType, { io: 'input' }) as Described;
  if (described.description === undefined) throw new Error(`${name} has no description`);
  return toRow({
    name,
    fallback: fallbackOf(name, schema as z.ZodType, described),
    bounds: boundsOf(name, described),
    meaning: described.description,
    readers: [...readers.map(({ reader }) => reader), ...(ALSO_READ_BY[name] ?? [])],
  });
}

/** What the schema makes of nothing: a JSON Schema leaves out the default of what is transformed. */
function fallbackOf(name: string, schema: z.ZodType, { fallback }: Described): string {
  const value = schema.safeParse(undefined).data as string | number | boolean | undefined;
  const own = value === undefined ? (fallback ?? 'none') : `\`${String(value)}\`${inWords(name, value)}`;
  const started = STARTED_WITH[name];
  return started === undefined ? own : `${own} (\`npm start\`: \`${started}\`)`;
}

function boundsOf(name: string, { minimum, maximum, enum: words, bounds, also }: Described): string {
  const range = maximum === undefined ? undefined : `${minimum} to ${maximum}${inWords(name, maximum)}`;
  const said = bounds ?? words?.join(', ') ?? range;
  if (said === undefined) throw new Error(`${name} has no bounds`);
  return also === undefined ? said : `${said}; ${also}`;
}

const TIMES = [
  ['day', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;
const SIZES = [
  ['TiB', 2 ** 40],
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

/** ` (10 min)`: a number that nobody reads at a glance, in a unit that they do; nothing where there is none. */
function inWords(name: string, value: unknown): string {
  if (typeof value !== 'number' || value === 0) return '';
  const units = name.endsWith('_MS') ? TIMES : name.endsWith('_BYTES') ? SIZES : [];
  const [unit, size] = units.find(([, one]) => value % one === 0) ?? [];
  if (unit === undefined || size === undefined) return '';
  const count = value / size;
  return ` (${count} ${unit === 'day' && count !== 1 ? 'days' : unit})`;
}

function toRow({ name, fallback, bounds, meaning, readers }: SettingElsewhere): readonly string[] {
  return [`\`${name}\``, fallback, bounds, meaning, readers.join(', ')];
}

const INTRODUCTION = `# Settings

Every process takes its settings from the environment, checks all of them before it opens anything, and reports every
problem at once. An empty value counts as unset. [\`.env.example\`](../.env.example) has the same list, ready to be copied.

| Started by                          | Where the values come from                                                                                                                                 |
| ----------------------------------- | ---------------------------------------------------------------------------------------------------------------------------------------------------------- |
| \`npm start\`                         | The shell, then \`.env\` in the repository. They are handed to every service.                                                                                |
| \`docker compose up\`                 | \`environment\` in \`docker-compose.yml\`. The shell and \`.env\` set only those marked _docker compose_ below, and for the ports only the side of this machine. |
| \`node services/<name>/dist/main.js\` | The shell; with \`node --env-file=.env …\` also \`.env\`.                                                                                                      |

- **Secrets from files.** A service takes \`NAME_FILE\` in place of each setting \`NAME\` of its own: the path of a file that
  holds the value; a line break at its end does not count. Setting both is refused. \`npm start\` reads \`REDIS_URL\` and the
  ports itself and wants them as they are.
- **Units** are in the names: \`_MS\` is milliseconds, \`_BYTES\` is bytes. Bounds are included.
- **Tokens of MCP servers** have names of your choice: \`bearerTokenFrom: SHOP_TOKEN\` in \`config/servers.yaml\` lets the
  consumer read \`SHOP_TOKEN\` or \`SHOP_TOKEN_FILE\`. A \`url\` there may name variables too: \`\${NAME:-default}\`.

The tables are made from the settings of the services: \`node scripts/write-reference-pages.mjs\`.
`;
