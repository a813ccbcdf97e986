import { stat } from 'node:fs/promises';

/** A text that changes whenever a file is written, replaced or removed. Never rejects. */
export async function signFile(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [path, dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return `${path} ${(error as NodeJS.ErrnoException).code ?? 'unreadable'}`;
  }
}
