// `npm run build:server`, `build:tarball` and `build:debian`: build what docs/operate/install.md installs, into dist.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildConsole } from '../build-console.mjs';
import { buildDocs } from '../build-docs.mjs';
import { prepareToolchain, root } from '../toolchain.mjs';

const dist = join(root, 'dist');
const env = prepareToolchain();
buildConsole(env);
buildDocs(env);

/** Imported only here, because the set-up above may have installed what these modules import. */
const builders = {
  async npm() {
    const { buildServerPackage } = await import('./server-package.mjs');
    const folder = join(dist, 'pumphouse-server');
    await buildServerPackage(folder);
    return execFileSync('npm', ['pack', '--silent', '--pack-destination', dist, folder]).toString().trim();
  },
  async tarball() {
    const { archiveName, buildArchiveFolder, packFolder } = await import('./archive.mjs');
    const folder = join(dist, 'tarball', 'pumphouse-server');
    await buildArchiveFolder(folder);
    packFolder(folder, join(dist, archiveName), readEpoch());
    rmSync(join(dist, 'tarball'), { recursive: true });
    return archiveName;
  },
  async debian() {
    const { buildDebianPackage, debianName } = await import('./debian.mjs');
    const folder = join(dist, 'debian');
    await buildDebianPackage(folder, join(dist, debianName), readEpoch());
    rmSync(folder, { recursive: true });
    return debianName;
  },
};

/** The time of the last commit, so that one commit gives the same files on each machine. */
function readEpoch() {
  const { SOURCE_DATE_EPOCH: epoch } = process.env;
  return Number(epoch ?? execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root }).toString());
}

const [kind] = process.argv.slice(2);
const built = await builders[kind]();
process.stdout.write(`dist/${built}\n`);
