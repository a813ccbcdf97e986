import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const demonstration = join(import.meta.dirname, '../../config');

/** Texts of files by their paths in the configuration folder. */
export type ConfigFiles = Readonly<Record<string, string>>;

/** Makes `folder` a configuration of these files, with the demonstration's servers where they name no others. */
export async function writeConfig(folder: string, files: ConfigFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(join(demonstration, 'servers.yaml'), join(folder, 'servers.yaml'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}
