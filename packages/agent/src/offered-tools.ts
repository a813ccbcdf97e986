import { compileSchema } from '@millrace/config-files';
import type { ToolDescription } from '@millrace/mcp-client';
import { type ToolNature, UNKNOWN_NATURE } from './approval.js';
import { cleanText } from './fence.js';
import { addFixed, type FixedArguments, hideFixed } from './fixed-arguments.js';
import type { AgentToolCall } from './journal.js';
import type { ModelTool } from './model-answer.js';
import { isAllowed, type ToolName } from './policy.js';
import { cleanSchema } from './shown-schema.js';
import { ToolNames } from './tool-names.js';

/** A tool that a server has. */
export interface ServerTool extends ToolName {
  readonly description: ToolDescription;
  /** Unknown where it is left out. */
  readonly nature?: ToolNature;
}

/** What a model's call comes to, before anything is sent. */
export type Admission =
  | { readonly kind: 'allowed'; readonly call: AgentToolCall; readonly nature: ToolNature }
  | { readonly kind: 'denied' | 'invalid'; readonly tool: ToolName | undefined; readonly reason: string };

const MAX_DESCRIPTION_CHARS = 1_024;

/** The tools of a run: those that the policy allows are offered to the model, and no other is ever called. */
export class OfferedTools {
  readonly #names: ToolNames<ServerTool>;
  readonly #patterns: readonly string[];
  readonly #fixed: FixedArguments;

  constructor(tools: readonly ServerTool[], patterns: readonly string[], fixed: FixedArguments = {}) {
    this.#names = new ToolNames(tools);
    this.#patterns = patterns;
    this.#fixed = fixed;
  }

  /** As the model is told of them. Descriptions are a server's words: cleaned, and cut. */
  get forModel(): readonly ModelTool[] {
    return this.#names.entries().flatMap(([name, tool]) => {
      const { inputSchema, description = '' } = tool.description;
      if (!isAllowed(this.#patterns, tool) || !isObject(inputSchema)) return [];
      const shown = cleanSchema(hideFixed(inputSchema, this.#fixed));
      return [{ name, description: cleanText(description, MAX_DESCRIPTION_CHARS), inputSchema: shown }];
    });
  }

  /** Judges a call by the allow-list and the tool's own schema. A schema that cannot be used is left to the server. */
  admit(name: string, input: unknown): Admission {
    const found = this.#names.find(name);
    if (found === undefined) return { kind: 'denied', tool: undefined, reason: 'there is no such tool' };
    const { server, tool } = found;
    const target = { server, tool };
    if (!isAllowed(this.#patterns, target))
      return { kind: 'denied', tool: target, reason: 'this tool is not allowed here' };
    if (!isObject(input)) return { kind: 'invalid', tool: target, reason: 'the arguments are not a JSON object' };
    const { inputSchema } = found.description;
    const whole = addFixed(input, inputSchema, this.#fixed);
    if ('refused' in whole)
      return {
        kind: 'denied',
        tool: target,
        reason: `the argument ${whole.refused} is not yours to choose; leave it out`,
      };
    const compiled = compileSchema(inputSchema, 'foreign');
    const violations = 'check' in compiled ? compiled.check(whole.arguments).first : [];
    if (violations.length === 0)
      return {
        kind: 'allowed',
        call: { ...target, arguments: whole.arguments },
        nature: found.nature ?? UNKNOWN_NATURE,
      };
    const reason = violations.map(({ pointer, detail }) => `${pointer || '/'}: ${detail}`).join('; ');
    return { kind: 'invalid', tool: target, reason: `the arguments do not fit the tool: ${reason}` };
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
