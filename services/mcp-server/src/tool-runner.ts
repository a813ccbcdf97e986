import { AsyncLocalStorage } from 'node:async_hooks';
import { sleep } from '@millrace/core';
import type { Tracer } from '@millrace/tracing';
import type { CompletedCalls } from './completed-calls.js';
import type { FaultRule } from './faults.js';
import type { Tool } from './tool.js';
import { honouredKey, type ToolCall } from './tool-call.js';
import type { Witness } from './witness.js';

/** The result of `tools/call`, as both SDKs take it. */
export interface ToolResult {
  [name: string]: unknown;
  content: { type: 'text'; text: string }[];
  structuredContent?: Record<string, unknown>;
  isError?: boolean;
}

/** What is known about a call before an SDK gets it: what it said, its number at the witness, what shall go wrong. */
export interface ArrivedCall {
  readonly call: ToolCall;
  readonly requestN: number;
  readonly fault: FaultRule | undefined;
}

/**
 * Carries out tool calls, whichever SDK received them. The SDKs pass on arguments only, so what else is known about a
 * call travels around them: hand the request to the SDK inside `within`, and call `run` from the SDK's tool handler.
 */
export class ToolRunner {
  readonly #arrived = new AsyncLocalStorage<ArrivedCall>();
  readonly #witness: Pick<Witness, 'recordEffect' | 'written'>;
  readonly #completed: CompletedCalls<ToolResult>;
  readonly #stopping: AbortSignal;
  readonly #tracer: Tracer | undefined;

  constructor(
    witness: Pick<Witness, 'recordEffect' | 'written'>,
    completed: CompletedCalls<ToolResult>,
    stopping: AbortSignal,
    tracer?: Tracer,
  ) {
    this.#witness = witness;
    this.#completed = completed;
    this.#stopping = stopping;
    this.#tracer = tracer;
  }

  within<T>(arrived: ArrivedCall, handle: () => Promise<T>): Promise<T> {
    return this.#arrived.run(arrived, handle);
  }

  /**
   * The answer to the call. Its request and its effect are in the witness by then. A repeated key gets the first
   * answer; a key reused for other arguments gets `isError`. Rejects only when the witness cannot be written.
   */
  async run(tool: Tool, args: unknown): Promise<ToolResult> {
    const arrived = this.#arrived.getStore();
    if (arrived === undefined) throw new Error('a tool call came past the MCP endpoint');
    if (this.#tracer === undefined) return this.#answer(tool, args, arrived);
    const { traceparent } = arrived.call;
    const parent = traceparent === undefined ? {} : { parent: { traceparent } };
    const attributes = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool.name };
    return this.#tracer.trace(`tools/call ${tool.name}`, { kind: 'server', ...parent, attributes }, async (span) => {
      const answer = await this.#answer(tool, args, arrived);
      if (answer.isError === true) span.fail('tool_error');
      return answer;
    });
  }

  async #answer(tool: Tool, args: unknown, arrived: ArrivedCall): Promise<ToolResult> {
    const { call, fault } = arrived;
    if (fault?.kind === 'error') return refusal(`${tool.name} failed because a fault was asked for`);
    if (fault?.kind === 'delay') await sleep(fault.delayMs ?? 0, this.#stopping);

    const keyed = honouredKey(tool, call);
    if (keyed.kind === 'contradiction') return refusal('the idempotency keys in _meta and in the arguments differ');
    if (keyed.kind === 'none') return this.#perform(tool, args, arrived);
    const { argsDigest } = call.facts;
    const recalled = this.#completed.recall(tool.name, keyed.key, argsDigest);
    if (recalled.kind === 'repeat') return recalled.answer;
    if (recalled.kind === 'mismatch') return refusal('this idempotency key was used for other arguments');
    const answer = this.#perform(tool, args, arrived);
    this.#completed.remember(tool.name, keyed.key, argsDigest, answer);
    return answer;
  }

  async #perform(tool: Tool, args: unknown, { call, requestN }: ArrivedCall): Promise<ToolResult> {
    const answer = tool.run(args, requestN);
    if (answer.kind === 'done' && answer.changed) this.#witness.recordEffect(call.facts, requestN);
    await this.#witness.written();
    if (answer.kind === 'refused') return refusal(answer.reason);
    return {
      content: [{ type: 'text', text: JSON.stringify(answer.output) }],
      structuredContent: { ...answer.output },
    };
  }
}

/** The result of a call that the tool understood and did not carry out. */
export function refusal(text: string): ToolResult {
  return { content: [{ type: 'text', text }], isError: true };
}
