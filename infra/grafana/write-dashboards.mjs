import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dashboards } from './boards/dashboards.mjs';

// Writes dashboards/*.json anew from boards/: `node infra/grafana/write-dashboards.mjs`.
const folder = new URL('./dashboards/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const file of readdirSync(folder)) rmSync(new URL(file, folder));
for (const [file, dashboard] of Object.entries(dashboards)) {
  writeFileSync(new URL(file, folder), `${JSON.stringify(dashboard, undefined, 2)}\n`);
}
