import { readFile } from 'node:fs/promises';
import { ConfigFileError, readYaml } from '@millrace/config-files';
import { Scripts } from './script.js';

/** Reads a file of scripts, YAML or JSON. Throws `ConfigFileError` with every problem and its line. */
export async function loadScripts(path: string): Promise<unknown> {
  const text = await readText(path);
  const read = readYaml(text, path, Scripts);
  if ('problems' in read) throw new ConfigFileError('MODEL_SCRIPTS_INVALID', 'the scripts', read.problems);
  return read.value;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const detail = `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new ConfigFileError('MODEL_SCRIPTS_INVALID', 'the scripts', [{ file: path, line: 1, pointer: '', detail }]);
  }
}
