// Builds the console into apps/web/dist, unless it was built from the current files. A second call does
// nothing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython, prepareToolchain, root, runLocked } from './toolchain.mjs';

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

/** A hash of all sources of the console. */
function fingerprintSources() {
  const hash = createHash('sha256');
  for (const source of sources) {
    const path = join(root, source);
    const files = source.endsWith('src') ? listFiles(path).sort() : [path];
    for (const file of files) hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** @param {NodeJS.ProcessEnv} env from `prepareToolchain` */
export function buildConsole(env) {
  if (isBuiltFrom(fingerprintSources())) return;
  // In a separate process under the lock: two concurrent builds would empty each other's folder.
  runLocked(findPython(), [process.execPath, fileURLToPath(import.meta.url), '--locked'], { env });
}

function buildUnlessBuilt() {
  const fingerprint = fingerprintSources();
  if (isBuiltFrom(fingerprint)) return;
  process.stderr.write('Building the console into apps/web/dist ...\n');
  execFileSync('vite', ['build', '--logLevel', 'warn'], {
    cwd: web,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  writeFileSync(marker, fingerprint);
}

function isBuiltFrom(fingerprint) {
  return existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--locked')) buildUnlessBuilt();
  else buildConsole(prepareToolchain());
}
