import type { JSX } from 'preact';
import type { Figures, KnownTools, Tool } from '../../api/fleet';
import { useStill } from '../../live/use-still';
import { Notice } from '../../parts/notice';
import { Badge } from '../../parts/state-badge';
import { Time } from '../../parts/time';
import { FigureCells, FigureHeads } from './server-glance';

const PINS = {
  none: ['idle', 'waiting', 'not pinned'],
  accepted: ['good', 'done', 'as accepted'],
  changed: ['bad', 'warn', 'changed'],
  new: ['warn', 'warn', 'not accepted'],
  missing: ['warn', 'warn', 'gone'],
} as const;

/** The tools of a server: how each did within the last minute, what it claims to be, and whether it still is that. */
export function ToolTable({
  known,
  figures,
}: {
  known: KnownTools;
  figures: readonly (Figures & { readonly tool: string })[];
}): JSX.Element {
  const { listedAt, problem } = known;
  const slowestMs = Math.max(1, ...figures.map(({ p95Ms }) => p95Ms ?? 0));
  const figuresOf = ({ name }: Tool) => figures.find(({ tool }) => tool === name);
  const slowness = (tool: Tool) => figuresOf(tool)?.p95Ms ?? -1;
  const sorted = [...known.items].sort((a, b) => slowness(b) - slowness(a) || (a.name < b.name ? -1 : 1));
  const { region, items = sorted } = useStill(sorted, ({ name }) => name);
  return (
    <section class="card" data-flush aria-label="Tools" ref={region}>
      <div class="card-head">
        <h2>Tools</h2>
        <span class="row-end quiet">
          listed <Time at={listedAt ?? undefined} />
        </span>
      </div>
      {problem !== undefined && <Notice tone="warn">{problem}</Notice>}
      {listedAt === null ? (
        <p class="list-foot">A consumer is asking the server for its tools.</p>
      ) : (
        <div class="table-scroll">
          <table data-folds>
            <thead>
              <tr>
                <th>Tool</th>
                <FigureHeads />
                <th>Says it is</th>
                <th>Pinned</th>
                <th>Changed</th>
              </tr>
            </thead>
            <tbody>
              {items.map((tool) => (
                <ToolRow key={tool.name} tool={tool} figures={figuresOf(tool)} slowestMs={slowestMs} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {known.isTrusted === false && listedAt !== null && (
        <p class="list-foot">
          What the server says of its tools is not believed: <code>trustAnnotations</code> in servers.yaml says so.
        </p>
      )}
    </section>
  );
}

function ToolRow({
  tool,
  figures,
  slowestMs,
}: {
  tool: Tool;
  figures: Figures | undefined;
  slowestMs: number;
}): JSX.Element {
  const [tone, icon, word] = PINS[tool.pin];
  return (
    <tr>
      <td class="wide break">
        <span class="code">{tool.name}</span> <span class="quiet">{tool.title ?? tool.description}</span>
      </td>
      <FigureCells figures={figures} slowestMs={slowestMs} />
      <td data-label="Says it is">{hintsOf(tool)}</td>
      <td data-label="Pinned">
        <Badge tone={tone} icon={icon} word={word} />
      </td>
      <td data-label="Changed">
        <Time at={tool.changedAt} />
      </td>
    </tr>
  );
}

function hintsOf({ annotations = {} }: Tool): string {
  const { readOnlyHint, idempotentHint, destructiveHint } = annotations;
  if (readOnlyHint) return 'read-only';
  return [idempotentHint && 'idempotent', destructiveHint !== false && 'destructive'].filter(Boolean).join(', ') || '–';
}
