import { describe, expect, it } from '@jest/globals';
import { type Session, Sessions } from '../src/sessions.js';

const REQUEST = () => new Request('http://localhost/mcp', { method: 'POST' });
/** Of a client that waits for its answer. */
const STAYING = new Promise<void>(() => {});

function fakeSession(handle: () => Promise<Response> = async () => new Response('ok')) {
  const session = {
    closed: 0,
    handle,
    close: async () => {
      session.closed += 1;
    },
  };
  return session satisfies Session;
}

describe('Sessions', () => {
  it('hands requests to the session they name, and to none that is unknown', async () => {
    const sessions = new Sessions({ maxSessions: 10, idleMs: 1_000 }, () => 0);
    await sessions.add('a', fakeSession());
    expect(await (await sessions.handle('a', REQUEST(), undefined, STAYING))?.text()).toBe('ok');
    expect(sessions.handle('b', REQUEST(), undefined, STAYING)).toBeUndefined();
  });

  it('loses a session that nobody used for the idle time', async () => {
    let nowMs = 0;
    const sessions = new Sessions({ maxSessions: 10, idleMs: 1_000 }, () => nowMs);
    const [idle, busy] = [fakeSession(), fakeSession()];
    await sessions.add('idle', idle);
    await sessions.add('busy', busy);
    nowMs = 900;
    await sessions.handle('busy', REQUEST(), undefined, STAYING);
    nowMs = 1_100;
    expect([sessions.has('idle'), sessions.has('busy')]).toEqual([false, true]);
    await sessions.add('new', fakeSession());
    expect([idle.closed, busy.closed]).toEqual([1, 0]);
  });

  it('loses the session used longest ago when there are too many', async () => {
    const sessions = new Sessions({ maxSessions: 2, idleMs: 1_000 }, () => 0);
    await sessions.add('a', fakeSession());
    await sessions.add('b', fakeSession());
    await sessions.handle('a', REQUEST(), undefined, STAYING);
    await sessions.add('c', fakeSession());
    expect(['a', 'b', 'c'].map((id) => sessions.has(id))).toEqual([true, false, true]);
  });

  it('lets a request under way finish before it closes the session lost meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const session = fakeSession(() => promise);
    const sessions = new Sessions({ maxSessions: 10, idleMs: 1_000 }, () => 0);
    await sessions.add('a', session);
    const underWay = sessions.handle('a', REQUEST(), undefined, STAYING);
    await sessions.forget('a');
    expect([sessions.has('a'), session.closed]).toEqual([false, 0]);
    resolve(new Response('late'));
    expect(await (await underWay)?.text()).toBe('late');
    expect(session.closed).toBe(1);
  });

  it('closes a lost session whose last client has left without an answer', async () => {
    const session = fakeSession(() => new Promise(() => {}));
    const sessions = new Sessions({ maxSessions: 10, idleMs: 1_000 }, () => 0);
    await sessions.add('a', session);
    const left = Promise.withResolvers<void>();
    const underWay = sessions.handle('a', REQUEST(), undefined, left.promise);
    await sessions.forget('a');
    left.resolve();
    await underWay;
    expect(session.closed).toBe(1);
  });
});
