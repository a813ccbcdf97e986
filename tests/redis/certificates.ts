import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Makes an authority and a certificate of Redis signed by it in `folder`, by the very commands of docs/operations.md:
 * `ca.crt`, `redis.crt`, `redis.key`. The certificate is for 127.0.0.1 in place of the host name on that page.
 */
export async function makeCertificates(folder: string): Promise<void> {
  const page = await readFile(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
  const commands = /^### 1\. Certificates$.*?^```sh\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
  if (!commands.includes('openssl')) throw new Error('docs/operations.md has no commands that make certificates');
  await mkdir(folder, { recursive: true });
  const script = commands.replaceAll('DNS:redis.internal', 'IP:127.0.0.1');
  await promisify(execFile)('sh', ['-e', '-c', script], { cwd: folder });
}
