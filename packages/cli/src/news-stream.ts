import { CliError } from './errors.js';
import type { HttpClient } from './http-client.js';

/** A piece of news from the operator's live stream. */
export interface News {
  readonly event: string;
  /** JSON text. */
  readonly data: string;
  readonly id?: string;
}

/** Longest piece of news that is taken, in characters. */
const MAX_NEWS = 1_000_000;

/**
 * Reads server-sent events until the stream ends or the signal aborts. Throws `CliError`: CLI_UNREACHABLE where nobody
 * answers or the connection breaks, CLI_REFUSED where the service says no.
 */
export async function* readNews(
  client: HttpClient,
  path: string,
  lastId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<News> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of client.readStream(path, lastId === undefined ? {} : { 'last-event-id': lastId }, signal)) {
    rest += decoder.decode(bytes, { stream: true });
    const pieces = rest.split('\n\n');
    rest = pieces.pop() ?? '';
    if (rest.length > MAX_NEWS) throw new CliError('CLI_UNREACHABLE', 'what is sent there is no live stream');
    for (const piece of pieces) {
      const news = parseNews(piece);
      if (news !== undefined) yield news;
    }
  }
}

/** Undefined for a comment. */
function parseNews(piece: string): News | undefined {
  const fields = new Map(Array.from(piece.matchAll(/^(\w+): (.*)$/gm), ([, name, value]) => [name, value]));
  const [event, data, id] = [fields.get('event'), fields.get('data'), fields.get('id')];
  if (event === undefined || data === undefined) return undefined;
  return { event, data, ...(id === undefined ? {} : { id }) };
}
