import { describe, expect, it } from '@jest/globals';
import { freePort } from '@millrace/testing';
import type { Command } from 'commander';
import { loadConfig } from '../src/config.js';
import { EXIT } from '../src/errors.js';
import { createProgram, runCli } from '../src/program.js';
import { FakeService } from './fake-service.js';

const silent = { out: () => {}, note: () => {}, progress: () => {}, ask: async () => undefined };
const signal = new AbortController().signal;
const program = createProgram({ config: loadConfig({}), terminal: silent, signal, exitWith: () => {} });

/** `events tail` waits for a service that is away; `doctor` answers that it is; `verify` wants witnesses as well. */
const OTHERS = ['events tail', 'doctor', 'verify'];
/** What a command wants to be told besides its arguments. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  'approvals answer': ['--decline'],
  'dead-letters discard': ['--yes'],
  'partitions change': ['--yes'],
};

/** Every command that asks a service, as somebody would type it. */
const commandLines = leavesBelow(program)
  .filter(({ options }) => options.some(({ long }) => long === '--url' || long === '--operator-url'))
  .map((command) => ({
    name: nameOf(command),
    args: command.registeredArguments.map((one) => (one.name() === 'number' ? '2' : 'x')),
  }))
  .filter(({ name }) => !OTHERS.includes(name))
  .map(({ name, args }) => [name, [...name.split(' '), ...args, ...(MORE[name] ?? [])]] as const);

function leavesBelow(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesBelow);
}

function nameOf(command: Command): string {
  return command.parent?.parent == null ? command.name() : `${command.parent.name()} ${command.name()}`;
}

async function runAt(url: string, args: readonly string[]) {
  const notes: string[] = [];
  const config = loadConfig({ MILLRACE_URL: url, MILLRACE_OPERATOR_URL: url });
  const terminal = {
    ...silent,
    out: (line: string) => void notes.push(line),
    note: (line: string) => void notes.push(line),
  };
  return { code: await runCli(args, { config, terminal, signal }), said: notes.join('\n') };
}

describe('the exit codes', () => {
  it('are tried of every command that asks a service', () => {
    expect(commandLines.length).toBeGreaterThan(25);
  });

  it.each(commandLines)('%s exits 3 where nobody listens, and says where that is', async (_name, args) => {
    const port = await freePort();
    const { code, said } = await runAt(`http://127.0.0.1:${port}`, args);
    expect(code).toBe(EXIT.unusable);
    expect(said).toContain(`127.0.0.1:${port}`);
    expect(said).toMatch(/npm start.*MILLRACE_(OPERATOR_)?URL/);
  });

  it.each(commandLines)('%s exits 1 where it is refused, and says why', async (_name, args) => {
    const service = await FakeService.start(() => ({ status: 403, body: { code: 'FORBIDDEN', detail: 'only look' } }));
    const { code, said } = await runAt(service.url, args);
    await service.stop();
    expect(code).toBe(EXIT.no);
    expect(said).toContain('only look');
  });
});
