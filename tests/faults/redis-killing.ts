import type { RedisServer } from '@millrace/testing';
import type { Stage } from './stage.ts';

/** A 202 so shortly before a kill, in ms, is one whose write Redis had no time for beyond what it promised. */
const LAST_MOMENT_MS = 50;

export const ACCEPTED_AT_LAST = `events accepted in the last ${LAST_MOMENT_MS} ms before a kill`;
export const KILLS_WITH_HELD_WORK = 'kills of Redis while entries were held';

/** Posts that were answered 202 in the last moments before a time, by `performance.now()`. */
export function acceptedBefore({ producer }: Stage, at: number, withinMs = LAST_MOMENT_MS): number {
  return producer.posts.filter(({ at: sentAt, tookMs, status }) => {
    const answeredAt = sentAt + tookMs;
    return status === 202 && answeredAt <= at && answeredAt > at - withinMs;
  }).length;
}

/**
 * Kills Redis under load, at a moment when consumers hold work and events are being accepted, starts it again after
 * `downMs`, and waits until events are accepted again. Notes what it hit.
 */
export async function killRedis(stage: Stage, server: RedisServer, downMs: number): Promise<void> {
  const { system, evidence, producer } = stage;
  const held = await stage.until(async () => {
    const { pending } = await system.unfinished();
    return pending > 0 && acceptedBefore(stage, performance.now()) > 0 && pending;
  }, 'work is held and events are accepted');
  const killedAt = performance.now();
  await server.kill();
  evidence.note(KILLS_WITH_HELD_WORK, held > 0 ? 1 : 0);
  await stage.sleep(downMs);
  await server.restart();
  const answersAt = performance.now();
  // What was accepted before the process was gone: its answer may have come a moment after the signal.
  evidence.note(ACCEPTED_AT_LAST, acceptedBefore(stage, answersAt, answersAt - killedAt + LAST_MOMENT_MS));
  await stage.until(() => producer.posts.some(({ at, status }) => at > answersAt && status === 202), 'events come in');
  stage.worstTiming('events are accepted again after Redis answers', performance.now() - answersAt, 5_000);
  const refused = producer.posts
    .filter(({ at, status }) => at > killedAt && status === 503)
    .map(({ tookMs }) => tookMs);
  stage.worstTiming('a 503 while Redis is away', Math.max(0, ...refused), 3_000);
  await stage.until(async () => (await system.redis.ping().catch(ignore)) === 'PONG', 'the own connection is back');
}

/** It is not back yet. */
function ignore(): undefined {
  return undefined;
}
