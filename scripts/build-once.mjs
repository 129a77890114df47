// Builds static files unless they were built from the current sources. A second call does nothing.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPython } from './python-tools.mjs';
import { prepareToolchain, root, runLocked } from './toolchain.mjs';

/** Below the sources: what builds write and tools keep. */
const leftOut = /(?:^|\/)(?:node_modules|dist|staged|cache|\.temp)\//;

/**
 * @param {object} options
 * @param {string} options.script URL of the script of this build, which runs itself again under the lock
 * @param {string} options.folder that is built, relative to the root
 * @param {string[]} options.sources files and folders, relative to the root
 * @param {() => void} options.build
 * @returns {(env: NodeJS.ProcessEnv) => void} builds, with the environment of `prepareToolchain`
 */
export function defineBuild({ script, folder, sources, build }) {
  const marker = join(root, folder, '.built-from');
  const path = fileURLToPath(script);
  const isBuiltFrom = (fingerprint) => existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint;

  function buildUnlessBuilt() {
    const fingerprint = fingerprintOf(sources);
    if (isBuiltFrom(fingerprint)) return;
    process.stderr.write(`Building ${folder} ...\n`);
    build();
    writeFileSync(marker, fingerprint);
  }

  function run(env) {
    if (isBuiltFrom(fingerprintOf(sources))) return;
    // In a separate process under the lock: two concurrent builds would empty each other's folder.
    runLocked(findPython(), [process.execPath, path, '--locked'], { env });
  }

  if (process.argv[1] === path) {
    if (process.argv.includes('--locked')) buildUnlessBuilt();
    else run(prepareToolchain());
  }
  return run;
}

/** A hash of all sources and their paths. */
function fingerprintOf(sources) {
  const hash = createHash('sha256');
  for (const source of sources)
    for (const file of listFiles(join(root, source)))
      hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

function listFiles(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !leftOut.test(relative(path, file)))
    .sort();
}
