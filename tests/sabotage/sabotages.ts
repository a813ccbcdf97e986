import type { Rewrite } from './rewrite.ts';
import type { Trigger } from './trigger.ts';
import { answersCut } from './triggers/answers-cut.ts';
import { coldStart } from './triggers/cold-start.ts';
import { killedInCalls } from './triggers/killed-in-calls.ts';
import { killedInRuns } from './triggers/killed-in-runs.ts';
import { killedUnderLoad } from './triggers/killed-under-load.ts';
import { mendedAndRedriven } from './triggers/mended-and-redriven.ts';
import { crashesConsumers, refusedByTool } from './triggers/poison.ts';
import { sentTwice } from './triggers/sent-twice.ts';
import { slowTools } from './triggers/slow-tools.ts';
import { zombie } from './triggers/zombie.ts';

/** A build in which one rule is broken. */
export interface Sabotage {
  /** What the build does. */
  readonly name: string;
  /** The rule that it breaks. */
  readonly breaks: string;
  readonly rewrites: readonly Rewrite[];
  readonly trigger: Trigger;
  /** The checker has to say one of these, and that it is violated. */
  readonly caughtAs: readonly string[];
}

const HANDLE = 'services/consumer/dist/handle-entry.js';
const DELIVER = 'services/consumer/dist/deliver-by-call.js';
const HEARTBEAT = 'services/consumer/dist/heartbeat.js';
const SWEEP = 'services/consumer/dist/sweep.js';
const SETTLE = 'packages/stream-client/lua/settle.lua';

const WITHOUT_FENCE: Rewrite = { file: SETTLE, find: 'if held[entry.id] == entry.count then', replace: 'if true then' };

/** Every build that `verify --self-test` has to catch. */
export const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'acknowledges before the effect',
    breaks: 'an entry is acknowledged with the last of its outcomes, never before',
    rewrites: [
      {
        file: 'services/consumer/dist/entry-handlers.js',
        find: 'await handleEntry(entry, handling,',
        replace: `await handling.stream.redis.xack(handling.stream.keys.events, 'consumers', entry.id);
            await handleEntry(entry, handling,`,
      },
      {
        file: 'services/consumer/dist/handle-at-once.js',
        find: 'const attempt = deliver(',
        replace: `void handling.stream.redis.xack(handling.stream.keys.events, 'consumers', entry.id);
            const attempt = deliver(`,
      },
      // Whoever has acknowledged holds nothing any more; such a build would not ask.
      WITHOUT_FENCE,
      { file: HEARTBEAT, find: 'if (lost.length === 0)', replace: 'if (true)' },
      {
        file: 'packages/stream-client/lua/record-effects.lua',
        find: 'if held[id] ~= count then',
        replace: 'if false then',
      },
    ],
    trigger: killedInCalls,
    caughtAs: ['no-loss'],
  },
  {
    name: 'never claims what others left',
    breaks: 'what a dead consumer held is taken over',
    rewrites: [{ file: SWEEP, find: 'if (performance.now() < this.#nextAt || this.#isPaused)', replace: 'if (true)' }],
    trigger: killedInCalls,
    caughtAs: ['drained'],
  },
  {
    name: 'skips the start record',
    breaks: 'at most once, the start is on disk before the call goes out',
    rewrites: [
      {
        file: 'services/consumer/dist/to-delivering.js',
        find: 'const reply = await effects.record({',
        replace: 'return true; const reply = await effects.record({',
      },
    ],
    trigger: killedInCalls,
    caughtAs: ['not-repeated'],
  },
  {
    name: 'records the effect after the call',
    breaks: 'an effect is in the ledger before it is sent',
    rewrites: [
      {
        file: DELIVER,
        find: "record: route.delivery === 'at-least-once' ? undefined : delivering.recordEffect,",
        replace: 'record: undefined,',
      },
      {
        file: DELIVER,
        find: "if (outcome.kind === 'failed')",
        replace: `await delivering.recordEffect(effect);
    if (outcome.kind === 'failed')`,
      },
    ],
    trigger: killedInCalls,
    caughtAs: ['not-repeated'],
  },
  {
    name: 'emits after the acknowledgement',
    breaks: 'an outcome and its follow-ups are one step',
    rewrites: [
      {
        file: HANDLE,
        find: 'const reply = await settleUntilAnswered({ entry, routes: routeIds, outcomes }, handling, hold);',
        replace: `const bare = outcomes.map((one) => ({ ...one, followUps: [] }));
        const reply = await settleUntilAnswered({ entry, routes: routeIds, outcomes: bare }, handling, hold);
        await sleep(300);
        const { createAppender } = await import('@millrace/stream-client');
        handling.appender ??= createAppender(handling.stream, { maxBacklog: 1_000_000, deadlineMs: 5_000 });
        for (const event of outcomes.flatMap((one) => one.followUps ?? [])) await handling.appender.append(event);`,
      },
      {
        file: 'services/consumer/dist/settle-at-once.js',
        find: 'outcomes: [disposal.outcome] };',
        replace: 'outcomes: [{ ...disposal.outcome, followUps: [] }] };',
      },
      {
        file: 'services/consumer/dist/settle-at-once.js',
        find: 'const answer = (reply) => {',
        replace: `const answer = (reply) => {
        setTimeout(async () => {
          const { createAppender } = await import('@millrace/stream-client');
          handling.appender ??= createAppender(handling.stream, { maxBacklog: 1_000_000, deadlineMs: 5_000 });
          for (const event of disposal.outcome.followUps ?? []) await handling.appender.append(event);
        }, 300);`,
      },
    ],
    trigger: killedUnderLoad,
    caughtAs: ['one-follow-up'],
  },
  {
    name: 'sends no heartbeat',
    breaks: 'a live consumer keeps what it holds, however long a call takes',
    rewrites: [
      {
        file: HEARTBEAT,
        find: 'await renewIn(this.#partitions, partition, this.#consumer, leases)',
        replace: '[]',
      },
    ],
    trigger: slowTools,
    caughtAs: ['no-false-dead-letter'],
  },
  {
    name: 'puts the attempt into the idempotency key',
    breaks: 'an effect has one key, in every attempt',
    rewrites: [
      {
        file: DELIVER,
        find: "return { step, state: 'sent', key, attempt, target, targetHash };",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the broken build's
        replace: "return { step, state: 'sent', key: `${key}-${attempt}`, attempt, target, targetHash };",
      },
    ],
    trigger: answersCut,
    caughtAs: ['no-second-effect'],
  },
  {
    name: 'does not serve recorded answers',
    breaks: 'an answer that is in the ledger is served again, and nothing is sent',
    rewrites: [
      {
        file: 'packages/ledger/dist/may-send.js',
        find: "return { kind: 'serve', result: recorded.result };",
        replace: "return { kind: 'send' };",
      },
    ],
    trigger: mendedAndRedriven,
    caughtAs: ['answer-served-again'],
  },
  {
    name: 'asks a model again for what it has answered',
    breaks: 'an answer of a model is kept before the next step begins, and a later attempt goes on with it',
    rewrites: [
      {
        file: 'services/consumer/dist/agents/step-journal.js',
        find: 'context.step(step, ',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the broken build's
        replace: 'context.step(/^\\d+$/.test(step) ? `${step}-${process.pid}` : step, ',
      },
    ],
    trigger: killedInRuns,
    caughtAs: ['not-asked-again'],
  },
  {
    name: 'settles without the fence',
    breaks: 'only who holds an entry settles it',
    rewrites: [WITHOUT_FENCE],
    trigger: zombie,
    // A failure of who is late outdoes the success of who holds it: the event is dead, or called once more.
    caughtAs: ['no-false-dead-letter', 'not-repeated'],
  },
  {
    name: 'makes the group at $',
    breaks: 'the group reads from the very first event',
    rewrites: [
      {
        file: 'packages/stream-client/lua/create-group.lua',
        find: "ARGV[1], '0', 'MKSTREAM'",
        replace: "ARGV[1], '$', 'MKSTREAM'",
      },
    ],
    trigger: coldStart,
    caughtAs: ['no-loss'],
  },
  {
    name: 'knows no dead letters',
    breaks: 'what cannot be carried out comes to an end where a person sees it',
    rewrites: [
      {
        file: 'services/consumer/dist/decide.js',
        find: 'made - unsent >= policy.attempts',
        replace: 'false',
      },
    ],
    trigger: refusedByTool,
    caughtAs: ['poison-is-a-dead-letter'],
  },
  {
    name: 'handles suspects beside others',
    breaks: 'an event that ends its consumers takes no other with it',
    rewrites: [{ file: SWEEP, find: 'const SUSPECT_STARTS = 2;', replace: 'const SUSPECT_STARTS = 1_000_000;' }],
    trigger: crashesConsumers,
    caughtAs: ['no-false-dead-letter'],
  },
  {
    name: 'appends whatever is posted',
    breaks: 'an event is accepted once',
    rewrites: [
      {
        file: 'packages/stream-client/lua/append.lua',
        find: `if known[i] then
    replies[i] = answer_repeat`,
        replace: `if false then
    replies[i] = answer_repeat`,
      },
    ],
    trigger: sentTwice,
    caughtAs: ['accepted-once'],
  },
];
