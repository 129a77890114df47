// `npm run build:command`: bundles the `pumphouse` command into a package for npm, in apps/pumphouse/dist.
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from '../toolchain.mjs';
import { collectLicenses } from './licenses.mjs';

const source = join(root, 'apps', 'pumphouse');
const target = join(source, 'dist');
const { version, description, license } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const bundle = await rolldown({
  input: join(source, 'src', 'main.ts'),
  platform: 'node',
});
const { output } = await bundle.write({
  file: join(target, 'command.mjs'),
  format: 'esm',
  minify: true,
  codeSplitting: false,
  comments: { legal: true },
});
await bundle.close();
copyFileSync(join(source, 'npm-entry.mjs'), join(target, 'pumphouse.mjs'));
chmodSync(join(target, 'pumphouse.mjs'), 0o755);
const manifest = {
  name: 'pumphouse',
  version,
  description,
  license,
  type: 'module',
  bin: { pumphouse: 'pumphouse.mjs' },
  files: ['pumphouse.mjs', 'command.mjs', 'LICENSES.txt'],
  engines: { node: '>=22.12' },
};
writeFileSync(join(target, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
copyFileSync(join(source, 'npm-readme.md'), join(target, 'README.md'));
const modules = output[0].moduleIds ?? [];
writeFileSync(join(target, 'LICENSES.txt'), collectLicenses(modules));
process.stdout.write(`apps/pumphouse/dist: the npm package, from ${modules.length} modules\n`);
