import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEditorSchemas } from '../packages/routing/dist/index.js';
import { root } from './paths.mjs';

// Writes docs/schemas/*.json anew, after a key of routes.yaml or servers.yaml has changed. Run `npm run build` first.
const dir = join(root, 'docs', 'schemas');
mkdirSync(dir, { recursive: true });
for (const [name, schema] of Object.entries(createEditorSchemas())) {
  writeFileSync(join(dir, name), `${JSON.stringify(schema, undefined, 2)}\n`);
}
