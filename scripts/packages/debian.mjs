// Builds the Debian package from the content of the archive and deploy/debian. PUMPHOUSE_DEBIAN_MAINTAINER, as
// "Name <address>", is who publishes the package.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../toolchain.mjs';
import { buildArchiveFolder } from './archive.mjs';
import { version } from './server-package.mjs';

const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch];
const source = join(root, 'deploy', 'debian');

export const debianName = `pumphouse_${version}_${architecture}.deb`;

/** Files of deploy/debian: where each goes, and its mode. */
const files = [
  ['pumphouse-server', 'usr/bin/pumphouse-server', 0o755],
  ['pumphouse-server.service', 'usr/lib/systemd/system/pumphouse-server.service', 0o644],
  ['pumphouse-worker.service', 'usr/lib/systemd/system/pumphouse-worker.service', 0o644],
  ['runs.conf', 'usr/lib/systemd/system/pumphouse-.service.d/runs.conf', 0o644],
  ['pumphouse.sysusers', 'usr/lib/sysusers.d/pumphouse.conf', 0o644],
  ['pumphouse.env', 'etc/pumphouse/pumphouse.env', 0o640],
  ['worker.env', 'etc/pumphouse/worker.env', 0o640],
  ['copyright', 'usr/share/doc/pumphouse/copyright', 0o644],
  ['postinst', 'DEBIAN/postinst', 0o755],
  ['prerm', 'DEBIAN/prerm', 0o755],
  ['postrm', 'DEBIAN/postrm', 0o755],
];

/** @param {number} epoch seconds since 1970, for all files, so that the same content gives the same package */
export async function buildDebianPackage(folder, target, epoch) {
  rmSync(folder, { recursive: true, force: true });
  const program = join(folder, 'usr', 'lib', 'pumphouse');
  await buildArchiveFolder(program);
  mkdirSync(join(folder, 'usr', 'bin'), { recursive: true });
  symlinkSync('../lib/pumphouse/bin/pumphouse', join(folder, 'usr', 'bin', 'pumphouse'));
  for (const [name, path, mode] of files) install(join(source, name), join(folder, path), mode);
  renameSync(join(program, 'LICENSES.txt'), join(folder, 'usr/share/doc/pumphouse/LICENSES.txt'));
  const settings = ['etc/pumphouse/pumphouse.env', 'etc/pumphouse/worker.env'];
  writeFileSync(join(folder, 'DEBIAN', 'conffiles'), settings.map((path) => `/${path}\n`).join(''));
  writeFileSync(join(folder, 'DEBIAN', 'control'), makeControl(measureKilobytes(folder)));
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', folder]);
  for (const path of settings) chmodSync(join(folder, path), 0o640);
  setTimes(folder, epoch);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(epoch) };
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z10', '--build', folder, target], {
    env,
    stdio: ['ignore', 2, 2],
  });
}

function install(from, to, mode) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

function makeControl(kilobytes) {
  return `Package: pumphouse
Version: ${version}
Architecture: ${architecture}
Maintainer: ${process.env['PUMPHOUSE_DEBIAN_MAINTAINER'] ?? 'The Pumphouse authors <pumphouse@localhost>'}
Installed-Size: ${kilobytes}
Section: database
Priority: optional
Depends: python3 (>= 3.10), python3-venv, init-system-helpers (>= 1.52), libc6
Recommends: passt, ca-certificates
Suggests: podman | docker.io, postgresql
Description: self-hosted runtime for dlt pipelines
 Pumphouse runs dlt pipelines on schedules, on events or manually, each in a
 container or a sandbox, streams their logs, and records what they loaded.
 .
 This package has the server and a worker as systemd services, the console, an
 embedded Postgres, and the commands of users and operators.
`;
}

function measureKilobytes(folder) {
  const output = execFileSync('du', ['--summarize', '--apparent-size', '--block-size=1024', folder]);
  return Number.parseInt(output.toString(), 10);
}

function setTimes(folder, epoch) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    lutimesSync(join(entry.parentPath, entry.name), epoch, epoch);
}
