import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { makeDebianRoot } from '../../deploy/images/debian-base.ts';
import { eventually } from '../fixtures/eventually.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { registryVariables } from './local-terminals.ts';
import { openTerminal, type PasteTerminal } from './terminal.ts';

const run = promisify(execFile);

/** What README.md requires, except npm and Node. */
const readmePackages = ['python3', 'python3-venv', 'git', 'passt', 'ca-certificates'];
/** What a usual installation of Debian has, and the base of makeDebianRoot lacks. */
const usualPackages = ['sudo', 'ca-certificates', 'tzdata', 'netbase', 'procps'];
const users = {
  dev: { name: 'dev', uid: 1000, home: '/home/dev' },
  root: { name: 'root', uid: 0, home: '/root' },
};
type User = (typeof users)[keyof typeof users];

export interface DebianMachineOptions {
  release: 'bookworm' | 'trixie';
  user: keyof typeof users;
  /** `bare`: nothing that README.md requires, and a user who installs it with sudo. */
  kind: 'prepared' | 'bare';
  /** A version of Node, with its npm, from the npm registry; `debian`: from Debian; `none`. */
  node: string;
  /** A file for the home of the user; null for a checkout of this repository in `pumphouse`. */
  file: string | null;
}

export interface DebianMachine {
  /** A terminal of the user, in the checkout, otherwise in the home. */
  openTerminal(onOutput: (text: string) => void): PasteTerminal;
  remove(): Promise<void>;
}

/**
 * A fresh Debian with Python, in its own root folder and namespaces. It shares this machine's network. Requires root
 * and mmdebstrap.
 */
export async function startDebianMachine(options: DebianMachineOptions): Promise<DebianMachine> {
  const { release, node, file } = options;
  const user = users[options.user];
  const root = await mkdtemp(join(tmpdir(), 'pumphouse-debian-'));
  let holder: ChildProcess | null = null;
  const remove = async () => {
    await endHolder(holder);
    await rm(root, { recursive: true, force: true });
  };
  try {
    const packages = [
      ...(options.kind === 'bare' ? usualPackages : readmePackages),
      ...(node === 'debian' ? ['nodejs', 'npm'] : []),
    ];
    await run('tar', ['-xf', await makeDebianRoot({ release, packages }), '-C', root]);
    if (node !== 'debian' && node !== 'none') await installNode(root, node);
    await copySettings(root);
    if (user !== users.root) await addUser(root, user);
    if (options.kind === 'bare') await answerQuestions(root);
    await (file === null ? copyCheckout(root, user) : cp(file, join(root, user.home, basename(file))));
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
    const folder = file === null ? join(user.home, 'pumphouse') : user.home;
    // Only terminals that can redraw a line make the command wait for the sign-in.
    const type = options.kind === 'bare' ? 'xterm' : 'dumb';
    return { openTerminal: (onOutput) => openUserTerminal({ pid, user, folder, type }, onOutput), remove };
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

function openUserTerminal(
  { pid, user, folder, type }: { pid: number; user: User; folder: string; type: string },
  onOutput: (text: string) => void,
): PasteTerminal {
  const ids = [`--reuid=${user.uid}`, `--regid=${user.uid}`, '--clear-groups'];
  return openTerminal({
    prefix: [
      'nsenter',
      `--target=${pid}`,
      '--mount',
      '--pid',
      '--ipc',
      `--wdns=${folder}`,
      'setpriv',
      ...ids,
    ],
    env: {
      ...registryVariables(),
      // Settings of this machine's pip that refer to files missing on the new one.
      PIP_FIND_LINKS: '',
      PIP_CONSTRAINT: '',
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: user.home,
      USER: user.name,
      LANG: 'C.UTF-8',
      TERM: type,
    },
    onOutput,
  });
}

/** Installs Node and a npm from packages of the npm registry. */
async function installNode(root: string, version: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-node-'));
  const platform = `node-linux-${process.arch}`;
  try {
    await run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
      `${platform}@${version}`,
      'npm@10',
    ]);
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

async function addUser(root: string, { name, uid }: User): Promise<void> {
  const options = ['--create-home', '--shell', '/bin/bash', '--uid', `${uid}`];
  await run('chroot', [root, 'useradd', ...options, name]);
}

/** Answers in advance what sudo and apt-get ask a user: the password, and whether to continue. */
async function answerQuestions(root: string): Promise<void> {
  const everyone = 'ALL ALL=(ALL:ALL) NOPASSWD: ALL\n';
  await writeFile(join(root, 'etc', 'sudoers.d', 'answers'), everyone, { mode: 0o440 });
  await writeFile(join(root, 'etc', 'apt', 'apt.conf.d', '90answers'), 'APT::Get::Assume-Yes "true";\n');
  // No disk of tests has to survive a power failure, and dpkg would wait for it after each package.
  await writeFile(join(root, 'etc', 'dpkg', 'dpkg.cfg.d', 'unsafe-io'), 'force-unsafe-io\n');
}

/** Copies all files of the work tree that git tracks or would add. */
async function copyCheckout(root: string, { uid, home }: User): Promise<void> {
  const checkout = join(root, home, 'pumphouse');
  await mkdir(checkout);
  const copy = 'git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$0"';
  await run('sh', ['-c', copy, checkout], { cwd: repositoryFolder });
  await run('chown', ['-R', `${uid}:${uid}`, checkout]);
}
