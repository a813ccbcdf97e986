import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommands } from '../packages/cli/dist/index.js';
import { describeHttp } from '../packages/runtime/dist/index.js';
import { openApiDocument as operator } from '../services/operator/dist/openapi.js';
import { openApiDocument as producer } from '../services/producer/dist/openapi.js';
import { root } from './paths.mjs';

// Writes docs/http.md and docs/commands.md anew, after a path or a command has changed. Run `npm run build` first.
writeFileSync(join(root, 'docs', 'http.md'), describeHttp([producer, operator]));
writeFileSync(join(root, 'docs', 'commands.md'), describeCommands());
