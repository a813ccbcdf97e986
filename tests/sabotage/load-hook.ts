// Preloaded into every process of a build that is broken on purpose. It rewrites modules as Node loads them and scripts as
// they are read; nothing on disk changes, and nothing in the product knows of it.
import fs, { readFileSync, writeFileSync } from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { applyRewrite, BUILD_SETTING, type Build } from './rewrite.ts';

const build = JSON.parse(readFileSync(process.env[BUILD_SETTING] ?? '', 'utf8')) as Build;

function rewrite(location: string, text: string): string {
  return build.rewrites.reduce((done, one, at) => {
    if (!location.endsWith(`/${one.file}`)) return done;
    const changed = applyRewrite(done, one);
    writeFileSync(join(build.appliedDir, String(at)), '');
    return changed;
  }, text);
}

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (loaded.source === undefined || !build.rewrites.some(({ file }) => url.endsWith(`/${file}`))) return loaded;
    return { ...loaded, source: rewrite(url, Buffer.from(loaded.source as Uint8Array).toString('utf8')) };
  },
});

const read = fs.readFileSync;
function readRewritten(...args: Parameters<typeof read>): ReturnType<typeof read> {
  const content = read(...args);
  const location = String(args[0]);
  return typeof content === 'string' && location.endsWith('.lua') ? rewrite(location, content) : content;
}
fs.readFileSync = readRewritten as typeof read;
syncBuiltinESMExports();
