import { isAllowed, type ServerTool, type ToolName } from '@millrace/agent';
import type { ToolHints } from '@millrace/mcp-client';
import type { ConsumerTools } from '../call-target.js';

/** The tools of one run, with what trusted servers say of them. */
export interface KnownTools {
  readonly tools: readonly ServerTool[];
  /** Whether a second call has no second effect. */
  isRepeatable(tool: ToolName): boolean;
}

/** Asks trusted servers about the tools that an agent is allowed. A tool of any other server is thought the worst of. */
export async function learnHints(
  tools: readonly ServerTool[],
  allow: readonly string[],
  consumerTools: ConsumerTools,
  signal: AbortSignal,
): Promise<KnownTools> {
  const known = new Map<string, ToolHints>();
  for (const { server, tool } of tools)
    if (consumerTools.hintsOf !== undefined && isAllowed(allow, { server, tool }))
      known.set(`${server}/${tool}`, await consumerTools.hintsOf(server, tool, signal));
  const find = ({ server, tool }: ToolName) => known.get(`${server}/${tool}`);
  return {
    tools: tools.map((one) => {
      const hints = find(one);
      return hints === undefined ? one : { ...one, nature: hints };
    }),
    isRepeatable: (tool) => {
      const hints = find(tool);
      return hints !== undefined && (hints.isReadOnly || hints.isIdempotent);
    },
  };
}
