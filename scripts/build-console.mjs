// Builds the console into apps/web/dist, unless it was built from these very files. A second call does nothing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareToolchain, root } from './toolchain.mjs';

const web = join(root, 'apps', 'web');
const marker = join(web, 'dist', '.built-from');
const sources = [
  'package-lock.json',
  'apps/web/index.html',
  'apps/web/vite.config.ts',
  'apps/web/src',
  'packages/client/src',
  'packages/contract/src',
];

function listFiles(path) {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** A hash of all that the console is made of. */
function fingerprintSources() {
  const hash = createHash('sha256');
  for (const source of sources) {
    const path = join(root, source);
    const files = source.endsWith('src') ? listFiles(path).sort() : [path];
    for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** @param {NodeJS.ProcessEnv} env of `prepareToolchain` */
export function buildConsole(env) {
  const fingerprint = fingerprintSources();
  if (existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint) return;
  process.stderr.write('Building the console into apps/web/dist ...\n');
  execFileSync('vite', ['build', '--logLevel', 'warn'], {
    cwd: web,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  writeFileSync(marker, fingerprint);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildConsole(prepareToolchain());
