import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readHostLayout } from './host-layout.ts';
import { buildSandboxArguments, buildUserFiles, type SandboxPlan } from './sandbox.ts';
import { requireTool, TEST_UID } from './testing/machine.ts';

const PLAN: SandboxPlan = {
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

const join = (argv: string[]): string => ` ${argv.join(' ')} `;

describe('buildSandboxArguments', () => {
  it('follows the layout of the machine', () => {
    const argv = join(buildSandboxArguments(PLAN));
    expect(argv).toContain(' --symlink usr/bin /bin ');
    expect(argv).toContain(' --ro-bind /lib64 /lib64 ');
  });

  it('mounts what lies deeper later, and makes only the folders that no mount brings', () => {
    const argv = join(buildSandboxArguments(PLAN));
    expect(argv).toContain(' --bind /data/work /work/a --ro-bind /data/local /work/a/.dlt/data/prod ');
    expect(argv).toContain(' --perms 0755 --dir /work ');
    expect(argv).not.toContain(' --dir /work/a');
  });

  it('keeps root the right to become another user, and gives others no right at all', () => {
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

  it('makes a sandbox for a user without rights', async () => {
    const ownUid = process.getuid?.() ?? 0;
    const user = ownUid === 0 ? TEST_UID : ownUid;
    const argv = buildSandboxArguments({
      bwrapPath: requireTool('bwrap'),
      privileges: 'user',
      host: readHostLayout(),
      binds: [],
    });
    const command = [...argv, 'sh', '-c', 'id -u; touch /tmp/a /dev/shm/a && ls /'];
    const { stdout } = await promisify(execFile)(requireTool('bwrap'), command.slice(1), {
      uid: user,
      gid: user,
      cwd: '/',
    });
    const [uid, ...names] = stdout.trim().split('\n');
    expect(uid).toBe(String(user));
    expect(names).toEqual(expect.arrayContaining(['dev', 'etc', 'proc', 'tmp', 'usr', 'var']));
    expect(names).not.toContain('root');
    expect(names).not.toContain('home');
  });
});

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
