// Installs what `npm run test:kubernetes` needs, as root on Debian: etcd, containerd and network plugins from Debian,
// and Kubernetes, which no registry offers as a program. Builds it from the sources of Debian bookworm, which apt
// verifies, and keeps it outside the checkout, because that takes 10 to 20 minutes. A second call does nothing.
// Prints the folder of the programs. With --installed it installs nothing, and fails if anything is missing.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './debian-packages.mjs';

const version = '1.20.2';
const programs = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubectl'];
const goFolder = '/usr/lib/go-1.24/bin';
const runPackages = ['etcd-server', 'etcd-client', 'containerd', 'containernetworking-plugins', 'openssl'];
const buildPackages = ['golang-1.24-go', 'dpkg-dev', 'make', 'rsync', 'jq'];

const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const folder = join(caches, 'pumphouse', `kubernetes-${version}`);
const binFolder = join(folder, 'bin');
const markerFile = join(folder, 'built');
const mark = JSON.stringify({ version, programs });

const isBuilt = () => existsSync(markerFile) && readFileSync(markerFile, 'utf8') === mark;
const say = (text) => process.stderr.write(`${text}\n`);

function build() {
  const work = join(folder, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const source = fetchSource(work);
  const logFile = join(folder, 'build.log');
  say(`Building Kubernetes ${version} (10 to 20 minutes; log: ${logFile}) ...`);
  make(source, work, logFile);
  rmSync(binFolder, { recursive: true, force: true });
  mkdirSync(binFolder);
  for (const name of programs) copyFileSync(join(source, '_output', 'bin', name), join(binFolder, name));
  writeFileSync(`${markerFile}.new`, mark);
  renameSync(`${markerFile}.new`, markerFile);
  rmSync(work, { recursive: true, force: true });
}

/** Fetches the sources with apt's signature check, and an apt configuration apart from this machine's. */
function fetchSource(work) {
  const sources = join(work, 'sources.list');
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(sources, `deb-src [signed-by=${keys}] http://deb.debian.org/debian bookworm main\n`);
  mkdirSync(join(work, 'lists', 'partial'), { recursive: true });
  const settings = [
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::Cache=${join(work, 'apt-cache')}`,
    'APT::Sandbox::User=root',
  ].flatMap((setting) => ['-o', setting]);
  const options = { cwd: work, stdio: ['ignore', 2, 2] };
  execFileSync('apt-get', [...settings, '--quiet=2', 'update'], options);
  execFileSync('apt-get', [...settings, '--quiet=2', '--download-only', 'source', 'kubernetes'], options);
  const description = readdirSync(work).find((name) => name.endsWith('.dsc'));
  if (!description?.includes(version))
    throw new Error(
      `Debian bookworm has ${description ?? 'no sources of Kubernetes'}, not version ${version}.`,
    );
  // apt has verified the checksums, which a signed list contains.
  const unpack = ['--no-check', '--extract', description, 'source'];
  execFileSync('dpkg-source', unpack, { ...options, stdio: ['ignore', 'ignore', 2] });
  return join(work, 'source');
}

function make(source, work, logFile) {
  const [major, minor] = version.split('.');
  const versionFile = join(work, 'version');
  writeFileSync(
    versionFile,
    `KUBE_GIT_COMMIT=debian\nKUBE_GIT_TREE_STATE=clean\nKUBE_GIT_VERSION=v${version}\n` +
      `KUBE_GIT_MAJOR=${major}\nKUBE_GIT_MINOR=${minor}\n`,
  );
  mkdirSync(join(work, 'tmp'));
  const env = {
    ...process.env,
    PATH: `${goFolder}:${process.env.PATH}`,
    HOME: work,
    GOCACHE: join(work, 'go-cache'),
    GOTMPDIR: join(work, 'tmp'),
    GOTOOLCHAIN: 'local',
    GOPROXY: 'off',
    GO111MODULE: 'off',
    CGO_ENABLED: '0',
    GOLDFLAGS: '-s -w',
    KUBE_GIT_VERSION_FILE: versionFile,
  };
  const log = openSync(logFile, 'w');
  const what = programs.map((name) => `cmd/${name}`).join(' ');
  try {
    execFileSync('make', [`WHAT=${what}`], { cwd: source, env, stdio: ['ignore', log, log] });
  } catch {
    const end = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
    throw new Error(`Kubernetes cannot be built. The end of ${logFile}:\n${end}`);
  }
}

/** Runs this script again under a lock: two builds at once would remove each other's files. */
function buildUnderLock() {
  mkdirSync(folder, { recursive: true });
  const lock = join(dirname(fileURLToPath(import.meta.url)), 'run-locked.py');
  const again = [process.execPath, fileURLToPath(import.meta.url), '--build'];
  execFileSync('python3', [lock, join(folder, 'build.lock'), ...again], { stdio: ['ignore', 2, 2] });
}

function main() {
  if (process.argv.includes('--build')) return isBuilt() ? undefined : build();
  const isInstalled = isBuilt() && existsSync('/usr/bin/containerd') && existsSync('/usr/bin/etcd');
  if (process.argv.includes('--installed')) {
    if (!isInstalled)
      throw new Error(
        'Kubernetes is not installed: run node scripts/kubernetes-tools.mjs as root (20 minutes).',
      );
  } else {
    const packages = isBuilt() ? runPackages : [...runPackages, ...buildPackages];
    const problem = installPackages(packages, 'Tests on a real Kubernetes');
    if (problem !== null) throw new Error(problem);
    if (!isBuilt()) buildUnderLock();
  }
  process.stdout.write(`${binFolder}\n`);
}

try {
  main();
} catch (error) {
  // A failed child has printed its error above.
  if (error.status === undefined) say(error.message);
  process.exitCode = 1;
}
