import { afterEach } from '@jest/globals';
import { runCli } from '../src/program.js';
import { type FakeAnswer, FakeService, type SeenRequest } from './fake-service.js';

let service: FakeService | undefined;

/** Stops the service of the last run after each test of the file that calls it. */
export function stopServiceAfterEach(): void {
  afterEach(() => service?.stop());
}

const NO_FOLDER = { configDir: 'nowhere', durability: 'fsync', partitions: 1, environment: {} };

/** Runs a command against a service that answers as it is told; what it printed, and what the service was asked. */
export async function run(
  args: readonly string[],
  answer: (request: SeenRequest) => FakeAnswer = () => 'reset',
  {
    url,
    says,
    signal = new AbortController().signal,
  }: { readonly url?: string; readonly says?: string; readonly signal?: AbortSignal } = {},
) {
  await service?.stop();
  service = await FakeService.start(answer);
  const base = url ?? service.url;
  const out: string[] = [];
  const notes: string[] = [];
  const progress: string[] = [];
  const keys = { apiKey: 'sender', operatorKey: 'keeper' };
  const config = { url: base, operatorUrl: base, witnessUrls: [], modelUrl: '', isLocal: false, ...keys, ...NO_FOLDER };
  const terminal = {
    out: (line: string) => void out.push(line),
    note: (line: string) => void notes.push(line),
    progress: (line: string) => void progress.push(line),
    ask: async (question: string) => {
      if (says !== undefined) notes.push(question);
      return says;
    },
  };
  const code = await runCli(args, { config, terminal, signal });
  return { code, out: out.join('\n'), notes: notes.join('\n'), progress, seen: service.seen };
}
