import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What the root commands fetch, write and remember. Git-ignored; deleting it costs time and the demonstration's data. */
export const stateDir = join(root, '.millrace');
