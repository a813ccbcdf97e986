import { once } from 'node:events';
import { untilAborted } from '@millrace/core';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { renderCompletion } from '../completion.js';
import { readConversation } from '../conversation.js';
import type { Fault } from '../script.js';
import type { ScriptBook } from '../script-book.js';

/** What `/v1` needs: the scripts, and when to let go of callers that are kept waiting. */
export interface CompletionsDependencies {
  readonly book: ScriptBook;
  readonly stopping: AbortSignal;
}

/** `/v1/models` and `/v1/chat/completions`, with errors in OpenAI's shape. Any key will do, and so will none. */
export function addCompletions(app: FastifyInstance, { book, stopping }: CompletionsDependencies): void {
  app.get('/v1/models', async () => ({
    object: 'list',
    data: [{ id: 'scripted', object: 'model', created: 0, owned_by: 'millrace' }],
  }));
  app.post('/v1/chat/completions', async (request, reply) => {
    const conversation = readConversation(request.body);
    if ('problem' in conversation) return refuse(reply, 400, 'invalid_request', conversation.problem);
    const turn = book.takeTurn(conversation);
    switch (turn.kind) {
      case 'answer':
        return renderCompletion(turn.answer, conversation);
      case 'fault':
        return strike(reply, turn.fault, stopping);
      case 'no-script':
        return refuse(reply, 400, 'no_script', 'the scripted model has no script for this conversation');
      case 'script-ended': {
        const fact = `the script ${turn.script} ends before answer ${conversation.answers + 1} of this conversation`;
        return refuse(reply, 400, 'script_ended', fact);
      }
    }
  });
}

async function strike(reply: FastifyReply, fault: Fault, stopping: AbortSignal): Promise<FastifyReply> {
  switch (fault.kind) {
    case 'http-error': {
      if (fault.retryAfterSeconds !== undefined) reply.header('retry-after', String(fault.retryAfterSeconds));
      return refuse(reply, fault.status, 'scripted_fault', 'the script says that this request fails');
    }
    case 'garbage':
      return reply.type('application/json').send('{"choices":[');
    case 'cut':
      reply.hijack();
      reply.raw.socket?.resetAndDestroy();
      return reply;
    case 'hang':
      reply.hijack();
      await Promise.race([once(reply.raw, 'close'), untilAborted(stopping)]);
      reply.raw.destroy();
      return reply;
  }
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { message, type: 'scripted_model', code, param: null } });
}
