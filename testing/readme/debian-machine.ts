import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeDebianRoot } from '../../deploy/images/debian-base.ts';
import { eventually } from '../fixtures/eventually.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { registryVariables } from './local-terminals.ts';
import { openTerminal, type PasteTerminal } from './terminal.ts';

const run = promisify(execFile);

/** What README.md requires, except npm and Node, which come from the npm registry in a newer version. */
const packages = ['python3', 'python3-venv', 'git', 'passt', 'ca-certificates'];
const user = { name: 'dev', uid: 1000 };

export interface DebianMachine {
  /** A terminal of an ordinary user, in a checkout of this repository. */
  openTerminal(onOutput: (text: string) => void): PasteTerminal;
  remove(): Promise<void>;
}

/**
 * A fresh Debian 13 with Node 22, Python 3.13 and an ordinary user, in its own root folder and namespaces. It
 * shares this machine's network. Requires root and mmdebstrap.
 */
export async function startDebianMachine(): Promise<DebianMachine> {
  const root = await mkdtemp(join(tmpdir(), 'pumphouse-debian-'));
  let holder: ChildProcess | null = null;
  const remove = async () => {
    await endHolder(holder);
    await rm(root, { recursive: true, force: true });
  };
  try {
    await run('tar', ['-xf', await makeDebianRoot({ release: 'trixie', packages }), '-C', root]);
    await installNode(root);
    await copySettings(root);
    await addUser(root);
    holder = spawn(
      'unshare',
      [
        '--mount',
        '--pid',
        '--ipc',
        '--fork',
        '--kill-child',
        '--propagation',
        'private',
        'sh',
        '-c',
        enterRoot,
      ],
      { env: { ...process.env, ROOT: root }, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const pid = await findInit(holder);
    return { openTerminal: (onOutput) => openUserTerminal(pid, onOutput), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/**
 * pivot_root, not chroot, because the kernel denies user namespaces, and so sandboxes, to programs in a
 * chroot.
 */
const enterRoot = `set -e
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs tmp
# As udev makes it on every machine that has udev.
mknod -m 666 tmp/tun c 10 200
mount --bind tmp/tun dev/net/tun
mkdir -p .old-root
pivot_root . .old-root
umount -l /.old-root
exec sleep infinity`;

async function findInit(holder: ChildProcess): Promise<number> {
  return eventually('the init process of the machine runs', async () => {
    const pid = await findChild(holder);
    // The last command of the script; before it, the root folder is not switched yet.
    return pid !== null && (await readFile(`/proc/${pid}/comm`, 'utf8')).startsWith('sleep') && pid;
  });
}

/** Ends the init process: the kernel kills all processes of its namespace before unshare ends. */
async function endHolder(holder: ChildProcess | null): Promise<void> {
  if (!holder || holder.exitCode !== null || holder.signalCode !== null) return;
  const ended = once(holder, 'exit');
  const pid = await findChild(holder);
  if (pid === null) holder.kill('SIGKILL');
  else process.kill(pid, 'SIGKILL');
  await ended;
}

async function findChild(holder: ChildProcess): Promise<number | null> {
  const children = await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]) || null;
}

function openUserTerminal(pid: number, onOutput: (text: string) => void): PasteTerminal {
  const ids = [`--reuid=${user.uid}`, `--regid=${user.uid}`, '--clear-groups'];
  const home = `/home/${user.name}`;
  return openTerminal({
    prefix: [
      'nsenter',
      `--target=${pid}`,
      '--mount',
      '--pid',
      '--ipc',
      `--wdns=${home}/pumphouse`,
      'setpriv',
      ...ids,
    ],
    env: {
      ...registryVariables(),
      // Settings of this machine's pip that refer to files missing on the new one.
      PIP_FIND_LINKS: '',
      PIP_CONSTRAINT: '',
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: home,
      USER: user.name,
      LANG: 'C.UTF-8',
      TERM: 'dumb',
    },
    onOutput,
  });
}

/** Installs Node 22 and its npm from packages of the npm registry. */
async function installNode(root: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-node-'));
  const platform = `node-linux-${process.arch}`;
  try {
    await run('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, `${platform}@22`, 'npm@10']);
    const local = join(root, 'usr', 'local');
    await cp(join(folder, 'node_modules', platform, 'bin', 'node'), join(local, 'bin', 'node'));
    await cp(join(folder, 'node_modules', 'npm'), join(local, 'lib', 'node_modules', 'npm'), {
      recursive: true,
    });
    for (const name of ['npm', 'npx'])
      await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Copies name resolution and certificates from this machine. */
async function copySettings(root: string): Promise<void> {
  for (const path of ['/etc/resolv.conf', '/etc/ssl/certs/ca-certificates.crt'])
    await cp(path, join(root, path), { dereference: true });
  await writeFile(join(root, 'etc', 'hosts'), '127.0.0.1 localhost\n::1 localhost\n');
}

/** Adds a user with a checkout: all files of the work tree that git tracks or would add. */
async function addUser(root: string): Promise<void> {
  await run('chroot', [
    root,
    'useradd',
    '--create-home',
    '--shell',
    '/bin/bash',
    '--uid',
    `${user.uid}`,
    user.name,
  ]);
  const checkout = join(root, 'home', user.name, 'pumphouse');
  await mkdir(checkout);
  const copy = 'git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$0"';
  await run('sh', ['-c', copy, checkout], { cwd: repositoryFolder });
  await run('chown', ['-R', `${user.uid}:${user.uid}`, checkout]);
}
