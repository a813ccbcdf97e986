import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A producer as its own process, from `dist/`. */
export interface ProducerProcess {
  readonly url: string;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a producer on a free port and resolves once it says that it is ready. `onOutput` is told what it logs. */
export async function startProducer(
  redisUrl: string,
  settings: Record<string, string> = {},
  onOutput?: (text: string) => void,
): Promise<ProducerProcess> {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const env = { PATH: process.env.PATH, PRODUCER_PORT: '0', REDIS_URL: redisUrl, LOG_LEVEL: 'warn', ...settings };
  const child = spawn(process.execPath, [main], {
    env,
    stdio: ['ignore', onOutput === undefined ? 'inherit' : 'pipe', 'inherit', 'ipc'],
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => onOutput?.(text));
  const port = await Promise.race([
    readyPort(child),
    once(child, 'exit').then(([code]) => Promise.reject(exited(code))),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = await exit;
      return code;
    },
  };
}

async function readyPort(child: ChildProcess): Promise<number> {
  const [message] = await once(child, 'message');
  return (message as { port: number }).port;
}

function exited(code: unknown): Error {
  return new Error(`the producer exited with code ${String(code)} before it was ready`);
}
