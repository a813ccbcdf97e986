import { send } from '../connection/connection.js';
import type { Stream } from '../stream.js';

/** A tool as its server described it to a consumer. */
export interface KnownTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  /** Hints of the server, as it words them. */
  readonly annotations?: object;
  /** Stands for all that the server says about it; undefined for one that is accepted and not there any more. */
  readonly digest?: string;
  /** How it compares with the tools that were accepted; `none` where the server has no lock. */
  readonly pin: 'none' | 'accepted' | 'changed' | 'new' | 'missing';
  /** When it was first seen to be other than before, by the consumer's clock; undefined while it never was. */
  readonly changedAt?: string;
}

/** The tools of a server, as a consumer was told when it asked last. */
export interface KnownTools {
  /** When the server listed them; undefined while it never did. */
  readonly listedAt?: string;
  /** When it was last asked, by the consumer's clock. */
  readonly askedAt: string;
  readonly consumer: string;
  /** Why it did not list them the last time; undefined when it did. */
  readonly problem?: string;
  /** Whether what the server says about its tools is believed. */
  readonly isTrusted: boolean;
  readonly tools: readonly KnownTool[];
}

/** What is known of a server's tools is forgotten after this long, in ms: then nobody has looked for a week. */
const MAX_AGE_MS = 7 * 24 * 60 * 60_000;

/** Has one of the consumers ask a server for its tools within a few seconds. Throws STREAM_UNAVAILABLE. */
export async function askForTools({ keys, redis }: Stream, server: string): Promise<void> {
  await send('SADD', redis.sadd(keys.toolsWanted, server));
}

/** Takes over asking these servers for their tools, at most `count` of them. Throws STREAM_UNAVAILABLE. */
export async function takeToolsWanted({ keys, redis }: Stream, count: number): Promise<readonly string[]> {
  return send('SPOP', redis.spop(keys.toolsWanted, count));
}

/** Makes known what a server's tools are. Throws STREAM_UNAVAILABLE. */
export async function publishTools({ keys, redis }: Stream, server: string, known: KnownTools): Promise<void> {
  await send('SET', redis.set(keys.tools(server), JSON.stringify(known), 'PX', MAX_AGE_MS));
}

/** What a server's tools are; undefined while no consumer has asked it. Throws STREAM_UNAVAILABLE. */
export async function readTools({ keys, redis }: Stream, server: string): Promise<KnownTools | undefined> {
  const known = await send('GET', redis.get(keys.tools(server)));
  return known === null ? undefined : (JSON.parse(known) as KnownTools);
}
