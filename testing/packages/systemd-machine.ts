import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makeDebianRoot } from '../../deploy/images/debian-base.ts';
import { eventually } from '../fixtures/eventually.ts';
import { registryVariables } from '../readme/local-terminals.ts';

const run = promisify(execFile);

const packages =
  'systemd systemd-sysv dbus init-system-helpers procps util-linux python3 python3-venv passt ca-certificates'.split(
    ' ',
  );

/** Units that would change the kernel or the devices of this machine, which it shares. */
const masked = [
  'systemd-sysctl.service',
  'systemd-modules-load.service',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
];

export interface SystemdMachine {
  /**
   * Runs a shell script as root.
   * @returns its standard output
   * @throws Error with its output when it fails
   */
  run(script: string, env?: Record<string, string>): Promise<string>;
  write(path: string, text: string): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Boots a Debian whose first process is systemd, with a control group of its own (version 2). It shares this machine's
 * network and kernel. Requires root, mmdebstrap and systemd-container.
 * @param files copied to its root folder
 */
export async function startSystemdMachine(
  release: 'bookworm' | 'trixie',
  files: readonly string[],
): Promise<SystemdMachine> {
  const root = await mkdtemp(join(tmpdir(), 'pumphouse-systemd-'));
  await run('tar', ['-xf', await makeDebianRoot({ release, packages }), '-C', root]);
  for (const name of masked) await symlink('/dev/null', join(root, 'etc/systemd/system', name));
  for (const path of ['/etc/resolv.conf', '/etc/ssl/certs/ca-certificates.crt']) {
    await rm(join(root, path), { force: true });
    await cp(path, join(root, path), { dereference: true });
  }
  for (const file of files) await cp(file, join(root, basename(file)));
  const container = boot(root);
  const leader = await findLeader(container);
  const runInside = (script: string, env: Record<string, string> = {}) => runAt(leader, script, env);
  await eventually('the machine has started', async () => {
    const state = await runInside('systemctl is-system-running || true');
    return /^(?:running|degraded)$/m.test(state);
  });
  // Signs of a container: the server would refuse processes as runs, and the kernel another /proc inside of sandboxes.
  await runInside('rm /run/systemd/container; umount /proc/kmsg /proc/sys/kernel/random/boot_id');
  return {
    run: runInside,
    async write(path, text) {
      await mkdir(join(root, dirname(path)), { recursive: true });
      await writeFile(join(root, path), text);
    },
    async remove() {
      const ended = once(container, 'exit');
      // The machine shuts down.
      container.kill('SIGTERM');
      await ended;
      await rm(root, { recursive: true, force: true });
    },
  };
}

function boot(root: string): ChildProcess {
  const isolated = ['--quiet', '--register=no', '--keep-unit', '--console=read-only'];
  const open = ['--capability=all', '--bind=/dev/net/tun', '--hostname=debian'];
  return spawn('systemd-nspawn', [...isolated, ...open, '--boot', '--directory', root], {
    env: { ...process.env, UNIFIED_CGROUP_HIERARCHY: '1', SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'yes' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** The first process of the machine, as this machine numbers it. */
async function findLeader(container: ChildProcess): Promise<number> {
  return eventually('systemd is the first process of the machine', async () => {
    if (container.exitCode !== null) throw new Error('systemd-nspawn ended');
    const path = `/proc/${container.pid}/task/${container.pid}/children`;
    for (const child of (await readFile(path, 'utf8')).trim().split(' ')) {
      const name = child === '' ? '' : await readFile(`/proc/${child}/comm`, 'utf8');
      if (name.trim() === 'systemd') return Number(child);
    }
    return false;
  });
}

async function runAt(leader: number, script: string, env: Record<string, string>): Promise<string> {
  const enter = ['--mount', '--uts', '--ipc', '--pid', '--cgroup', '--wdns=/', `--target=${leader}`];
  const { stdout } = await run('nsenter', [...enter, 'bash', '-euo', 'pipefail', '-c', script], {
    env: {
      ...registryVariables(),
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
      ...env,
    },
  });
  return stdout;
}
