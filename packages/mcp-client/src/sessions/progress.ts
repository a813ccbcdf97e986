import { fieldOf } from '../json-rpc.js';
import type { Progress } from '../tool-call.js';

/** No server needs more words to say how far it has come. */
const MAX_MESSAGE_LENGTH = 500;

/** Reads a progress notification for this token; undefined for any other message. */
export function parseProgress(message: unknown, token: string): Progress | undefined {
  if (fieldOf(message, 'method') !== 'notifications/progress') return undefined;
  const params = fieldOf(message, 'params');
  const progress = fieldOf(params, 'progress');
  if (fieldOf(params, 'progressToken') !== token || typeof progress !== 'number') return undefined;
  const total = fieldOf(params, 'total');
  const words = fieldOf(params, 'message');
  return {
    progress,
    ...(typeof total === 'number' ? { total } : {}),
    ...(typeof words === 'string' ? { message: words.slice(0, MAX_MESSAGE_LENGTH) } : {}),
  };
}
