import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeCommands } from '../packages/cli/dist/index.js';
import { describeHttp, describeSettings } from '../packages/runtime/dist/index.js';
import { settings as ofConsumer } from '../services/consumer/dist/config.js';
import { settings as ofCloud } from '../services/mcp-server/dist/config.js';
import { settings as ofModel } from '../services/model-script/dist/config.js';
import { settings as ofOperator } from '../services/operator/dist/config.js';
import { openApiDocument as operator } from '../services/operator/dist/openapi/document.js';
import { settings as ofProducer } from '../services/producer/dist/config.js';
import { openApiDocument as producer } from '../services/producer/dist/openapi.js';
import { root } from './paths.mjs';

// Writes docs/http.md, docs/commands.md and docs/settings.md anew, after a path, a command or a setting has changed. Run `npm run build` first.
writeFileSync(join(root, 'docs', 'http.md'), describeHttp([producer, operator]));
writeFileSync(join(root, 'docs', 'commands.md'), describeCommands());
const settings = {
  producer: ofProducer,
  consumer: ofConsumer,
  operator: ofOperator,
  'mcp-server': ofCloud,
  'model-script': ofModel,
};
const services = Object.entries(settings).map(([reader, schema]) => ({ reader, schema }));
writeFileSync(join(root, 'docs', 'settings.md'), describeSettings(services));
