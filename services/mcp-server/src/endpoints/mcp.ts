import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answer, refuseMessage } from '../answer.js';
import { breakAnswer, stopCall } from '../broken-answers.js';
import type { FaultRule, Faults } from '../faults.js';
import type { Protocol } from '../protocol.js';
import { readToolCall, type ToolCall } from '../tool-call.js';
import type { ToolRunner } from '../tool-runner.js';
import type { Witness } from '../witness.js';
import { STOPS, type Stop } from '../witness-entry.js';

/** What the MCP endpoint works with. `stopping` aborts when the process stops: nothing may wait any longer then. */
export interface McpDependencies {
  readonly protocol: Protocol;
  readonly toolNames: ReadonlySet<string>;
  readonly runner: ToolRunner;
  readonly witness: Witness;
  readonly faults: Faults;
  readonly stopping: AbortSignal;
}

/**
 * `/mcp`, Streamable HTTP. Every tool call is noted by the witness before anything else happens to it, then struck by
 * a fault if one fits; everything that is left to say about MCP is the SDKs'.
 */
export function addMcp(app: FastifyInstance, dependencies: McpDependencies): void {
  const { protocol, toolNames, runner, witness, faults, stopping } = dependencies;
  const options = { logLevel: 'warn', bodyLimit: 1_048_576 } as const;

  app.post('/mcp', options, async (request, reply) => {
    if (Array.isArray(request.body)) return refuseMessage(reply, 400, -32_600, 'batches left MCP with 2025-06-18');
    const call = readToolCall(request.body, toolNames);
    if (call === undefined) return answer(reply, await pass(request, reply), stopping);
    return answerCall(call, request, reply);
  });

  app.route({
    ...options,
    method: ['GET', 'DELETE'],
    url: '/mcp',
    handler: async (request, reply) => answer(reply, await pass(request, reply), stopping),
  });

  async function answerCall(call: ToolCall, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const sessionId = sessionIdOf(request);
    const isAdmitted = protocol.admits(sessionId);
    const fault = isAdmitted ? faults.take(call.facts.tool, call.facts.eventId) : undefined;
    const stopped = isAdmitted ? stopOf(fault) : 'session-not-found';
    const requestN = witness.recordRequest(call.facts, stopped);
    if (stopped !== undefined) {
      await witness.written();
      if (stopped === 'lose-session' && sessionId !== undefined) await protocol.forget(sessionId);
    }
    if (fault !== undefined && stopped !== undefined) return stopCall(reply, fault, stopping);
    const response = await runner.within({ call, requestN, fault }, () => pass(request, reply));
    await witness.written();
    if (response !== undefined && fault !== undefined) return breakAnswer(reply, fault, response, stopping);
    return answer(reply, response, stopping);
  }

  /** Hands a request to the protocol. Undefined when the client has left before there was an answer. */
  async function pass(request: FastifyRequest, reply: FastifyReply): Promise<Response | undefined> {
    const left = new Promise<undefined>((resolve) => {
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) resolve(undefined);
      });
    });
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers))
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    // A signal for each costs the garbage collector much: who needs one makes it.
    const web = new Request(`http://${request.host}/mcp`, { method: request.method, headers });
    return Promise.race([protocol.handle(web, request.body, left), left]);
  }
}

function sessionIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers['mcp-session-id'];
  return Array.isArray(header) ? header[0] : header;
}

function stopOf(fault: FaultRule | undefined): Stop | undefined {
  return STOPS.find((stop) => stop === fault?.kind);
}
