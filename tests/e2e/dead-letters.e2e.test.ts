import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@millrace/testing';
import { type CommandEnd, runCommand, settingsFor, startCommand } from '../system/command.js';
import { System } from '../system/system.js';

/** One tool that takes no key, under the promise that needs one; one that may fail; and one that is long in coming back. */
const ROUTES = `
routes:
  - id: restart
    on: { type: com.test.restart }
    call: { server: azure, tool: workload.restart }
    with: '{ "eventId": id, "workload": "checkout" }'
    delivery: effectively-once
    timeout: 5s
  - id: print
    on: { type: com.test.print }
    call: { server: gcp, tool: label.print }
    with: '{ "eventId": id, "orderId": id }'
    retry: { attempts: 1 }
    timeout: 5s
  - id: print-later
    on: { type: com.test.print-later }
    call: { server: gcp, tool: label.print }
    with: '{ "eventId": id, "orderId": id }'
    retry: { attempts: 5, initial: 10m, max: 10m }
    timeout: 5s
`;

let system: System;

beforeAll(async () => {
  system = await System.start(2, { config: { 'routes.yaml': ROUTES } });
});

afterAll(async () => {
  await system.stop();
});

/** Resolves with the exit code of a command, and its JSON. */
async function millrace(...args: readonly string[]) {
  return read(await runCommand([...args, '--json'], settingsFor(system)));
}

/** As `millrace`, as a process of its own. */
async function millraceAlone(...args: readonly string[]) {
  return read(await startCommand([...args, '--json'], settingsFor(system)).ended);
}

function read({ code, out, notes }: CommandEnd) {
  return { code, notes, body: out === '' ? undefined : JSON.parse(out) };
}

/** Sends an event whose tool acts, and whose answer is then cut off. Resolves with its ref once it is a dead letter. */
async function loseAnswerOf(id: string): Promise<string> {
  await system.setFaults('azure', [
    { tool: 'workload.restart', kind: 'cut-after-effect', times: 1, eventIdPrefix: id },
  ]);
  const { body } = await system.post({ type: 'com.test.restart', id, data: {} });
  await system.untilState(body.ref, 'dead');
  return body.ref;
}

async function effectsOf(id: string): Promise<number | undefined> {
  return (await system.witnessed('azure')).get(id)?.effects;
}

/** Makes one dead letter for each id, all of which the tool has failed. */
async function failToPrint(...ids: readonly string[]): Promise<readonly string[]> {
  await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error' }]);
  const posted = await Promise.all(ids.map((id) => system.post({ type: 'com.test.print', id, data: {} })));
  const refs = posted.map(({ body }) => body.ref);
  await Promise.all(refs.map((ref) => system.untilState(ref, 'dead')));
  await system.setFaults('gcp', []);
  return refs;
}

describe('an answer cut off after the effect, effectively once, with a tool that takes no key', () => {
  it('is a dead letter outcome-unknown that says what is known, and is never sent again by itself', async () => {
    const ref = await loseAnswerOf('cut-known');
    const { code, body } = await millraceAlone('dead-letters', 'show', `${ref}.restart`);
    expect(code).toBe(0);
    expect(body).toMatchObject({
      reason: 'outcome-unknown',
      attempts: 1,
      error: { code: expect.any(String), message: expect.any(String), class: 'unknown' },
      version: expect.stringMatching(/./),
      effects: [{ state: 'unknown', target: { server: 'azure', tool: 'workload.restart' } }],
      event: { id: 'cut-known', data: {} },
    });
    const listed = await millrace('dead-letters', 'list', '--reason', 'outcome-unknown', '--class', 'unknown');
    expect(listed.body.items).toMatchObject([{ id: `${ref}.restart`, error: { class: 'unknown' } }]);
    expect((await millrace('dead-letters', 'list', '--class', 'refused')).body.items).toEqual([]);
    expect(await effectsOf('cut-known')).toBe(1);
  });

  it('first way out: a person who knows declares it done, and it stays at one effect', async () => {
    const ref = await loseAnswerOf('cut-resolve');
    const said = ['--note', 'the checkout did restart', '--result', '{"restarts":1}'];
    const { code } = await millrace('dead-letters', 'resolve', `${ref}.restart`, ...said);
    expect(code).toBe(0);
    expect((await millrace('events', 'show', ref)).body).toMatchObject({
      state: 'done',
      routes: [{ state: 'done', resolvedFrom: 'outcome-unknown', note: said[1], result: { restarts: 1 } }],
    });
    expect((await millrace('audit', 'list', '--limit', '1')).body.items).toMatchObject([
      { action: 'dead-letter.resolve', target: `${ref}.restart`, note: said[1] },
    ]);
    expect(await effectsOf('cut-resolve')).toBe(1);
    expect((await millrace('dead-letters', 'resolve', `${ref}.restart`)).code).toBe(1);
  });

  it('second way out: a person has it sent again, which is a second effect and theirs to answer for', async () => {
    const ref = await loseAnswerOf('cut-resend');
    expect((await millrace('dead-letters', 'redrive', `${ref}.restart`)).code).toBe(0);
    await system.untilState(ref, 'done');
    expect(await effectsOf('cut-resend')).toBe(2);
  });

  it('third way out: a person gives it up; the record stays dead and the dead letter is gone', async () => {
    const ref = await loseAnswerOf('cut-give-up');
    const unasked = await millraceAlone('dead-letters', 'discard', `${ref}.restart`);
    expect(unasked).toMatchObject({ code: 3, notes: expect.stringContaining('--yes') });
    expect((await millrace('dead-letters', 'discard', `${ref}.restart`, '--yes')).code).toBe(0);
    expect((await millrace('dead-letters', 'show', `${ref}.restart`)).code).toBe(1);
    expect((await system.record(ref)).state).toBe('dead');
    expect(await effectsOf('cut-give-up')).toBe(1);
  });
});

describe('millrace dead-letters, for many', () => {
  it('redrives by filter: counted first, followed to the end, and the others left alone', async () => {
    const other = await loseAnswerOf('many-other');
    const refs = await failToPrint('many-1', 'many-2', 'many-3');
    const choice = ['--route', 'print', '--class', 'failed-by-tool'];
    const counted = await millrace('dead-letters', 'redrive', ...choice, '--dry-run');
    expect(counted).toMatchObject({ code: 0, body: { dryRun: true, matched: 3 } });
    const job = await millrace('dead-letters', 'redrive', ...choice, '--rate', '50');
    expect(job).toMatchObject({ code: 0, body: { state: 'done', matched: 3, redriven: 3, skipped: 0 } });
    await Promise.all(refs.map((ref) => system.untilState(ref, 'done')));
    expect((await millrace('dead-letters', 'list', '--type', 'com.test.restart')).body.items).toContainEqual(
      expect.objectContaining({ ref: other }),
    );
    expect((await millrace('dead-letters', 'jobs')).body.items).toContainEqual(
      expect.objectContaining({ job: job.body.job, state: 'done' }),
    );
  });

  it('does not chase letters that die again: a job redrives each of its set once', async () => {
    const refs = await failToPrint('loop-1', 'loop-2');
    await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error' }]);
    const job = await millrace('dead-letters', 'redrive', '--route', 'print', '--rate', '1');
    expect(job.body).toMatchObject({ state: 'done', matched: 2, redriven: 2 });
    for (const ref of refs) {
      const isAgainDead = async () => {
        const record = await system.record(ref);
        return record.state === 'dead' && record.routes[0]?.attempts === 2;
      };
      await waitUntil(isAgainDead, `${ref} is dead again`);
    }
    await system.setFaults('gcp', []);
    const purged = await millrace('dead-letters', 'discard', '--route', 'print', '--yes');
    expect(purged.body).toMatchObject({ state: 'done', matched: 2, discarded: 2 });
  });

  it('leaves a job to itself with --detach, and cancels it', async () => {
    // At one a second, far from its end when the second command has started.
    await failToPrint(...Array.from({ length: 60 }, (_, n) => `slow-${n}`));
    const started = await millrace('dead-letters', 'redrive', '--route', 'print', '--rate', '1', '--detach');
    expect(started).toMatchObject({ code: 0, body: { state: 'running', matched: 60 } });
    const cancelled = await millrace('dead-letters', 'cancel', started.body.job);
    expect(cancelled).toMatchObject({ code: 0, body: { state: 'cancelled' } });
    expect(cancelled.body.redriven).toBeLessThan(60);
    expect((await millrace('dead-letters', 'cancel', started.body.job)).code).toBe(1);
  });
});

describe('millrace events cancel', () => {
  it('ends a delivery that waits for its retry, and exits 1 when nothing waits', async () => {
    await system.setFaults('gcp', [{ tool: 'label.print', kind: 'error', eventIdPrefix: 'later-' }]);
    const { body } = await system.post({ type: 'com.test.print-later', id: 'later-1', data: {} });
    await waitUntil(
      async () => (await system.record(body.ref)).routes[0]?.state === 'retrying',
      'the delivery waits for its retry',
    );
    expect(await millrace('events', 'cancel', body.ref, 'print-later')).toMatchObject({
      code: 0,
      body: { cancelled: ['print-later'], left: [] },
    });
    expect((await system.record(body.ref)).state).toBe('dead');
    expect((await millrace('events', 'cancel', body.ref)).code).toBe(1);
  });
});

describe('millrace routes pause and servers pause', () => {
  it.each([
    ['routes', 'print'],
    ['servers', 'gcp'],
  ])('%s pause %s: every consumer stops calling, and goes on once it is resumed', async (noun, name) => {
    expect(await millrace(noun, 'pause', name, '--note', 'for a test')).toMatchObject({ code: 0 });
    const what = { kind: noun.slice(0, -1), name };
    let posted = 0;
    // Within a second a consumer may still begin some.
    const held = await waitUntil(async () => {
      const { ref, id } = (await system.post({ type: 'com.test.print', id: `${noun}-${posted++}`, data: {} })).body;
      const seen = await waitUntil(async () => (await system.record(ref)).routes[0], 'a consumer has seen it');
      return 'paused' in seen && { ref, id, paused: seen.paused };
    }, 'a delivery waits');
    expect(held.paused).toEqual(what);
    expect((await millrace('pauses', 'list')).body.items).toMatchObject([{ ...what, note: 'for a test' }]);
    expect((await system.witnessed('gcp')).get(held.id)).toBeUndefined();
    expect(await millrace(noun, 'resume', name)).toMatchObject({ code: 0 });
    await system.untilState(held.ref, 'done');
    expect((await system.witnessed('gcp')).get(held.id)?.effects).toBe(1);
    expect((await millrace(noun, 'pause', 'nowhere')).code).toBe(1);
  });
});
