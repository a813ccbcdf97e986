import { toMarkdownTable } from './markdown-table.js';

/** As much of an OpenAPI document as its table shows. */
export interface DescribedApi {
  readonly info: { readonly title: string; readonly description?: string };
  readonly paths: Readonly<Record<string, object>>;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

/** Every request that the services answer as a page for people: `docs/http.md`, in Markdown. */
export function describeHttp(apis: readonly DescribedApi[]): string {
  return [INTRODUCTION, ...apis.map(describeApi)].join('\n');
}

const INTRODUCTION = `# HTTP

Every request that producer and operator answer. Each serves its own OpenAPI document, with the shape of every body and
every problem, at \`/openapi.json\`, and the same to read at \`/docs\`. Whatever is refused is an RFC 9457 problem with a
stable \`code\`. Beside these, every process answers \`/livez\`, \`/readyz\` and \`/metrics\`.

This page is made from those documents: \`node scripts/write-reference-pages.mjs\`.
`;

/** What one service answers: its part of that page. */
export function describeApi({ info, paths }: DescribedApi): string {
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]: [string, Operation]) => {
      const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
      return [
        `\`${method.toUpperCase()} ${path}\``,
        operation.summary,
        query.map(({ name }) => `\`${name}\``).join(', '),
        Object.keys(operation.responses).join(', '),
      ];
    }),
  );
  const table = toMarkdownTable([['Request', 'Does', 'Query', 'Answers'], ...rows]);
  return `## ${info.title}\n\n${info.description === undefined ? '' : `${info.description}\n\n`}${table}`;
}
