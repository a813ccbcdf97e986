import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMetrics } from '../packages/runtime/dist/index.js';
import { root } from './paths.mjs';

// Writes docs/metrics.md anew, after the catalogue of metrics has changed. Run `npm run build` first.
writeFileSync(join(root, 'docs', 'metrics.md'), await describeMetrics());
