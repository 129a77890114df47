import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildJoinCommand,
  findMountedControlGroups,
  nameGroup,
  planGroup,
  readGroupName,
  type ControlGroupRoot,
} from './control-group-plan.ts';
import { createGroup } from './control-groups.ts';
import { createDataDir } from './testing/machine.ts';

const VERSION_1 = `
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:3 - cgroup cgroup rw,cpu,cpuacct
33 31 0:32 / /sys/fs/cgroup/my\\040memory rw,relatime - cgroup cgroup rw,memory
34 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
const VERSION_2 =
  '30 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

const LIMITS = { memoryBytes: 64 * 1024 * 1024, cpus: 1.5, processes: 40 };
const NO_LIMITS = { memoryBytes: null, cpus: null, processes: null };

describe('findMountedControlGroups', () => {
  it('finds a version 1 hierarchy for each controller', () => {
    expect(findMountedControlGroups(VERSION_1, '4:memory:/a\n0::/\n').version1.folders).toEqual({
      memory: '/sys/fs/cgroup/my memory',
      cpu: '/sys/fs/cgroup/cpu,cpuacct',
      pids: '/sys/fs/cgroup/pids',
    });
    expect(findMountedControlGroups(VERSION_2, '0::/\n').version1.folders).toEqual({});
  });

  it.each([
    ['/system.slice/pumphouse.service/server', '/sys/fs/cgroup/system.slice/pumphouse.service'],
    ['/user.slice/u/app.slice/p.service/server', '/sys/fs/cgroup/user.slice/u/app.slice/p.service'],
    ['/', '/sys/fs/cgroup'],
    ['/server', '/sys/fs/cgroup'],
  ])('uses the subtree delegated to a server in %s', (own, folder) => {
    expect(findMountedControlGroups(VERSION_2, `0::${own}\n`).version2).toEqual({ folder });
  });

  it.each(['/system.slice/pumphouse.service', '/user.slice/user-0.slice/session-3.scope', '/my-server'])(
    'uses nothing managed by %s, and says what to do',
    (own) => {
      expect(findMountedControlGroups(VERSION_2, `0::${own}\n`).version2).toMatchObject({
        folder: null,
        problem: expect.stringContaining('docs/operate/process-executor.md#limits'),
      });
    },
  );

  it('handles a mount that shows only part of the tree', () => {
    const part = VERSION_2.replace('0:26 / /sys', '0:26 /outer /sys');
    expect(findMountedControlGroups(part, '0::/outer/p.service/server\n').version2).toEqual({
      folder: '/sys/fs/cgroup/p.service',
    });
  });

  it('finds nothing without control groups', () => {
    const { version1, version2 } = findMountedControlGroups('', '');
    expect(version1.folders).toEqual({});
    expect(version2).toMatchObject({ folder: null });
  });
});

describe('planGroup', () => {
  it('limits swap with memory, and CPU time by a quota, in version 1', () => {
    const { version1 } = findMountedControlGroups(VERSION_1, '');
    const plan = planGroup(version1, 'g', LIMITS);
    const files = plan.writes.map(({ file, value }) => [file.replace('/sys/fs/cgroup/', ''), value]);
    expect(files).toEqual([
      ['my memory/g/memory.limit_in_bytes', '67108864'],
      ['my memory/g/memory.memsw.limit_in_bytes', '67108864'],
      ['cpu,cpuacct/g/cpu.cfs_period_us', '100000'],
      ['cpu,cpuacct/g/cpu.cfs_quota_us', '150000'],
      ['pids/g/pids.max', '40'],
    ]);
    expect(plan).toMatchObject({
      memory: '/sys/fs/cgroup/my memory/g',
      pids: '/sys/fs/cgroup/pids/g',
      joinFiles: [
        '/sys/fs/cgroup/my memory/g/cgroup.procs',
        '/sys/fs/cgroup/cpu,cpuacct/g/cgroup.procs',
        '/sys/fs/cgroup/pids/g/cgroup.procs',
      ],
    });
  });

  it('creates one group in version 2', async () => {
    const data = await createDataDir();
    try {
      const folders = { memory: data.path, cpu: data.path, pids: data.path };
      const plan = planGroup({ version: 2, folders }, 'g', LIMITS);
      const group = join(data.path, 'g');
      expect(plan).toMatchObject({
        folders: [group],
        joinFiles: [join(group, 'cgroup.procs')],
        memory: group,
      });
      // The kernel creates these files; without swap one of them is missing.
      const there = ['memory.max', 'cpu.max', 'pids.max'];
      await mkdir(group);
      for (const name of there) await writeFile(join(group, name), '');
      await createGroup(plan);
      const read = async (name: string) => [
        name,
        await readFile(join(group, name), 'utf8').catch(() => null),
      ];
      expect(Object.fromEntries(await Promise.all([...there, 'memory.swap.max'].map(read)))).toEqual({
        'memory.max': '67108864',
        'cpu.max': '150000 100000',
        'pids.max': '40',
        'memory.swap.max': null,
      });
      await writeFile(join(group, 'memory.swap.max'), '');
      await createGroup(plan);
      expect(await read('memory.swap.max')).toEqual(['memory.swap.max', '0']);
    } finally {
      await data.remove();
    }
  });

  it.each([1, 2] as const)('writes nothing for a resource without a limit, in version %i', (version) => {
    const folders = { memory: '/m', cpu: '/c', pids: '/p' };
    expect(planGroup({ version, folders }, 'g', NO_LIMITS).writes).toEqual([]);
  });

  it('leaves out controllers that the machine does not have', () => {
    const root: ControlGroupRoot = { version: 1, folders: { pids: '/p' } };
    const plan = planGroup(root, 'g', LIMITS);
    expect(plan.writes.map(({ file }) => dirname(file))).toEqual(['/p/g']);
    expect(plan).toMatchObject({ folders: ['/p/g'], memory: null });
    expect(buildJoinCommand(planGroup({ version: 2, folders: {} }, 'g', LIMITS).joinFiles)).toEqual([]);
  });

  it('never sets a CPU quota so low that the kernel rejects it', () => {
    const root: ControlGroupRoot = { version: 1, folders: { cpu: '/c' } };
    expect(planGroup(root, 'g', { ...NO_LIMITS, cpus: 0.001 }).writes[1]?.value).toBe('1000');
  });
});

describe('the name of a group', () => {
  it.each([
    { kind: 'attempt', attemptId: '0b5e-1' },
    { kind: 'build', build: 'key-1a2b' },
  ] as const)('identifies the owner: %j', (owner) => {
    const name = nameGroup('installation-1', owner);
    expect(readGroupName('installation-1', name)).toEqual(owner);
    expect(readGroupName('installation', name)).toBeNull();
    expect(readGroupName('1', name)).toBeNull();
  });

  it.each(['', 'docker', 'pumphouse-attempt-@i', 'pumphouse-attempt-..@i', 'pumphouse-other-a@i'])(
    'has no owner when it is %j',
    (name) => {
      expect(readGroupName('i', name)).toBeNull();
    },
  );
});
