import {
  createRequestStateCodec,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type ServerContext,
  type ServerOptions,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { digestArguments } from '../digest.js';
import type { Tool } from '../tool.js';
import { refusal, type ToolResult, type ToolRunner } from '../tool-runner.js';

/** What was asked, signed by us and kept by the caller: any process of ours can go on with it. */
interface AskedState {
  readonly tool: string;
  readonly argsDigest: string;
}

/** The name of the question, and so of its answer. */
const APPROVAL = 'approval';
const form = z.object({ approve: z.boolean().describe('Whether it may be done') });

/** A stand-in has no secret to keep: what it signs stays good over its restarts. */
const codec = createRequestStateCodec<AskedState>({
  key: 'the key of a stand-in, which everybody may know',
  ttlSeconds: 7 * 86_400,
});

/** Refuses a state that was changed on its way. */
export const requestState: NonNullable<ServerOptions['requestState']> = {
  verify: (state, context) => codec.verify(state, context),
};

/**
 * Runs a tool, once somebody has approved of it where it asks: until then the answer is `input_required`, and nothing has
 * been done. An answer holds for the arguments that it was asked about.
 */
export async function askFirst(
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  { mcpReq }: ServerContext,
  runner: ToolRunner,
): Promise<ToolResult | InputRequiredResult> {
  const question = tool.asks(args);
  if (question === undefined) return runner.run(tool, args);
  const argsDigest = digestArguments(args);
  const asked = mcpReq.requestState<AskedState>();
  const given = inputResponse(mcpReq.inputResponses, APPROVAL);
  if (given.kind !== 'elicit' || asked?.tool !== tool.name || asked.argsDigest !== argsDigest) {
    return inputRequired({
      inputRequests: { [APPROVAL]: inputRequired.elicit({ message: question, requestedSchema: form }) },
      requestState: await codec.mint({ tool: tool.name, argsDigest }),
    });
  }
  const isApproved = given.action === 'accept' && given.content?.approve === true;
  return isApproved ? runner.run(tool, args) : refusal(`${tool.name} was not approved`);
}
