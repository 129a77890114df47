// `npm run build:client`: builds the npm package `pumphouse-client` into dist, with its types.
import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from '../toolchain.mjs';

const source = join(root, 'packages', 'client');
const dist = join(root, 'dist');
const target = join(dist, 'pumphouse-client');
const readManifest = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
const { version, license } = readManifest('.');
/** Installed with the package: its types name those of zod. */
const dependencies = {
  'eventsource-parser': readManifest('packages/client').dependencies['eventsource-parser'],
  zod: `^${readManifest('packages/contract').dependencies.zod}`,
};
const entries = { index: 'client', contract: 'contract' };

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
await bundleCode();
writeTypes();
writeFileSync(join(target, 'package.json'), `${JSON.stringify(makeManifest(), null, 2)}\n`);
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
copyFileSync(join(source, 'npm-readme.md'), join(target, 'README.md'));
const archive = execFileSync('npm', ['pack', '--silent', '--pack-destination', dist, target])
  .toString()
  .trim();
process.stdout.write(`dist/${archive}\n`);

function makeManifest() {
  const entryOf = (name) => ({
    types: `./types/${entries[name]}/src/index.d.ts`,
    default: `./${name}.js`,
  });
  return {
    name: 'pumphouse-client',
    version,
    description: readManifest('packages/client').description,
    license,
    type: 'module',
    sideEffects: false,
    exports: { '.': entryOf('index'), './contract': entryOf('contract'), './package.json': './package.json' },
    files: ['*.js', 'types'],
    engines: { node: '>=20' },
    dependencies,
  };
}

async function bundleCode() {
  const bundle = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([name, folder]) => [
        name,
        join(root, 'packages', folder, 'src', 'index.ts'),
      ]),
    ),
    platform: 'neutral',
    external: Object.keys(dependencies).flatMap((name) => [name, new RegExp(`^${name}/`)]),
  });
  await bundle.write({ dir: target, format: 'esm', chunkFileNames: 'shared-[hash].js' });
  await bundle.close();
}

/** Declarations of both packages, which find each other by relative paths. */
function writeTypes() {
  const types = join(target, 'types');
  execFileSync(
    join(root, 'node_modules', '.bin', 'tsc'),
    ['-p', join(source, 'tsconfig.types.json'), '--outDir', types],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  for (const path of globSync('**/*.d.ts', { cwd: types })) {
    const file = join(types, path);
    const toContract = relative(dirname(file), join(types, 'contract', 'src', 'index.js'))
      .split(sep)
      .join('/');
    const text = readFileSync(file, 'utf8')
      .replaceAll('"@pumphouse/contract"', `"${toContract}"`)
      .replaceAll("'@pumphouse/contract'", `'${toContract}'`)
      .replaceAll(/((?:from |import\()['"]\.{1,2}\/[^'"]*)\.ts(['"])/g, '$1.js$2');
    writeFileSync(file, text);
  }
}
