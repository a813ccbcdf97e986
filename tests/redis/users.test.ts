import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { USERS, type User } from './redis-users.js';

/** Which process runs which script; the operator runs those that are not named here, and some that others run too. */
const RUN_BY = {
  producer: [
    'append',
    'read-record',
    'create-group',
    'open-map',
    'find-identities',
    'prepare-map',
    'fence',
    'step-map',
  ],
  consumer: [
    'settle',
    'claim',
    'record-effects',
    'read-record',
    'expire-parked',
    'heartbeat',
    'release',
    'promote-due',
    'create-group',
    'open-map',
    'look',
    'rebase-idle',
    'rebase-due',
    'forget-consumer',
    'trim',
    'take-turns',
    'enter-lanes',
    'earlier-lane',
    'mend-lanes',
    'enter-context',
    'announce',
    'note-calls',
    'put-off',
    'read-outbox',
    'arrive',
    'clear-outbox',
    'find-identities',
    'prepare-map',
    'fence',
    'step-map',
  ],
};
/** A replay is an append; and who appends carries on a change of the partitions that holds him up. */
const ALSO_OPERATOR = [
  'read-record',
  'create-group',
  'open-map',
  'append',
  'find-identities',
  'prepare-map',
  'fence',
  'step-map',
];
/** What no line of ours sends: the name of the connection, and scripts by digest or in full. */
const SENT_BY_IOREDIS = ['client|setname', 'eval', 'evalsha'];
/** Commands that Redis 7.0 does not know, so that a file with them would keep it from starting. */
const NEWER = ['waitaof'];
/** What is a method of a connection and no command, and the one command that is meant to be refused. */
const NO_COMMANDS = [
  'on',
  'off',
  'once',
  'setMaxListeners',
  'connect',
  'disconnect',
  'defineCommand',
  'sendCommand',
  'sendTo',
  'connectionFor',
  'emit',
  'call',
  'config',
];

const root = join(import.meta.dirname, '../..');
const client = join(root, 'packages/stream-client');
const acl = readFileSync(join(root, 'infra/redis/users.acl'), 'utf8');
const pieces = readdirSync(join(client, 'lua')).map((file) => file.replace(/\.lua$/, ''));
const scripts = pieces.filter((name) => !name.startsWith('include-'));
const elsewhere = Object.values(RUN_BY).flat();
const scriptsOf = { ...RUN_BY, operator: [...scripts.filter((name) => !elsewhere.includes(name)), ...ALSO_OPERATOR] };
const sent = commandsSent();

/** The commands that the stream client sends outside scripts, without their subcommands. */
function commandsSent(): ReadonlySet<string> {
  const files = readdirSync(join(client, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(client, 'src', file), 'utf8'));
  const methods = sources.flatMap((text) => [
    ...Array.from(text.matchAll(/\bredis\.(\w+?)(?:Buffer)?\(/g), ([, method = '']) => method),
    ...Array.from(text.matchAll(/\bcall(?:Buffer)?\(\s*'([A-Z]+)'/g), ([, command = '']) => command.toLowerCase()),
  ]);
  return new Set(methods.filter((method) => ![...NO_COMMANDS, ...NEWER].includes(method)));
}

function withoutSubcommand(right: string): string {
  return right.replace(/\|.*/, '');
}

/** The commands that a line of users.acl allows, subcommands as `xinfo|groups`. */
/** Those that it has for some keys only, which stand in brackets, too. */
function rightsOf(user: User): ReadonlySet<string> {
  const line = new RegExp(`^user ${user} .*$`, 'm').exec(acl)?.[0] ?? '';
  return new Set(line.split(/[ ()]/).flatMap((rule) => (rule.startsWith('+') ? [rule.slice(1)] : [])));
}

function readLua(name: string): string {
  const text = readFileSync(join(client, 'lua', `${name}.lua`), 'utf8');
  return text
    .replace(/^-- include: (\S+)$/gm, (_line, piece: string) => readLua(`include-${piece}`))
    .replace(/^-- calls: (\S+)$/gm, (_line, callee: string) => readLua(callee));
}

/** The commands in a script, in the notation of the rights. */
function commandsOf(script: string): readonly string[] {
  const calls = readLua(script).matchAll(/redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?/g);
  return Array.from(calls, ([, command = '', word]) => {
    const hasSubcommands = ['XINFO', 'XGROUP'].includes(command);
    return (hasSubcommands ? `${command}|${word}` : command).toLowerCase();
  });
}

describe('users.acl', () => {
  it('lets each user do what the scripts of its process do', () => {
    const missing = USERS.flatMap((user) => {
      const rights = rightsOf(user);
      return scriptsOf[user].flatMap((script) =>
        commandsOf(script).flatMap((command) => (rights.has(command) ? [] : [`${user} in ${script}: +${command}`])),
      );
    });
    expect(missing).toEqual([]);
    expect(commandsOf('trim')).toEqual(expect.arrayContaining(['xinfo|groups', 'xpending', 'xtrim']));
  });

  it('lets some user send every command that the stream client sends', () => {
    const rights = new Set(USERS.flatMap((user) => [...rightsOf(user)].map(withoutSubcommand)));
    expect([...sent].filter((command) => !rights.has(command))).toEqual([]);
    expect([...sent]).toEqual(expect.arrayContaining(['xreadgroup', 'ssubscribe', 'memory']));
  });

  it('gives no right that nothing needs', () => {
    const surplus = USERS.flatMap((user) => {
      const needed = new Set([...scriptsOf[user].flatMap(commandsOf), ...SENT_BY_IOREDIS]);
      const isNeeded = (right: string) => needed.has(right) || sent.has(withoutSubcommand(right));
      return [...rightsOf(user)].filter((right) => !isNeeded(right)).map((right) => `${user}: +${right}`);
    });
    expect(surplus).toEqual([]);
  });

  it('names single commands, never a category, and no user but three and a default that is off', () => {
    for (const user of USERS)
      expect([...rightsOf(user)].filter((right) => !/^[a-z]+(\|[a-z]+)?$/.test(right))).toEqual([]);
    expect(acl.match(/^user \S+ \S+/gm)).toEqual(['user default off', ...USERS.map((user) => `user ${user} on`)]);
  });

  it('gives nobody a password: a file that was not made by make-users.mjs lets nobody in', () => {
    expect(acl).not.toMatch(/nopass| [#>]/);
  });
});
