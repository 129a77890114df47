import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectContainer, readHostLayout } from './host-layout.ts';
import { decideIsolation, type Isolation } from './isolation.ts';
import { probeMachine } from './probe.ts';
import { requireTool } from './testing/machine.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pumphouse-root-'));
});

afterEach(() => rm(root, { recursive: true }));

async function write(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

function decideTestIsolation(bwrapPath: string | null, allowUnisolated: boolean): Isolation | null {
  return decideIsolation({ bwrapPath, allowUnisolated, serverUid: process.getuid?.() ?? 0 });
}

describe('readHostLayout', () => {
  it('distinguishes links of a merged system from folders, and finds the certificates', async () => {
    await symlink('usr/bin', join(root, 'bin'));
    await mkdir(join(root, 'lib64'));
    await write('etc/pki/tls/certs/ca-bundle.crt', '');
    expect(readHostLayout(root)).toEqual({
      rootEntries: [
        { path: '/bin', linkTarget: 'usr/bin' },
        { path: '/lib64', linkTarget: null },
      ],
      certificateBundle: '/etc/pki/tls/certs/ca-bundle.crt',
    });
  });
});

describe('detectContainer', () => {
  it.each([
    ['.dockerenv', ''],
    ['run/.containerenv', ''],
    ['proc/1/cgroup', '0::/system.slice/docker-abc.scope\n'],
    ['proc/1/cgroup', '12:memory:/kubepods/burstable/pod1\n'],
    ['proc/1/environ', 'PATH=/bin\0container=lxc\0'],
  ])('detects one by %s', async (path, content) => {
    await write(path, content);
    expect(detectContainer(root)).not.toBeNull();
  });

  it('detects none on a machine or in a chroot', async () => {
    await write('proc/1/cgroup', '0::/init.scope\n');
    await write('proc/1/environ', 'PATH=/bin\0other_container=x\0');
    expect(detectContainer(root)).toBeNull();
    await rm(join(root, 'proc'), { recursive: true });
    expect(detectContainer(root)).toBeNull();
  });
});

describe('probeMachine', () => {
  const tools = {
    pythonPath: requireTool('python3'),
    uvPath: requireTool('uv'),
    pastaPath: null,
    runsNetwork: { isShared: true, loopbackPorts: [], closedNetworks: [] },
    dataDir: tmpdir(),
    limits: 'Nothing is limited.',
  };

  it('rejects a container', async () => {
    await write('.dockerenv', '');
    const result = await probeMachine({
      ...tools,
      isolation: decideTestIsolation(requireTool('bwrap'), false),
      root,
    });
    expect(result).toMatchObject({ ok: false, detail: expect.stringContaining('container') });
  });

  it("reports bubblewrap's error when it cannot create a sandbox", async () => {
    const broken = join(root, 'bwrap');
    await writeFile(broken, '#!/bin/sh\necho "bwrap: No permissions to create new namespace" >&2\nexit 1\n', {
      mode: 0o755,
    });
    const result = await probeMachine({ ...tools, isolation: decideTestIsolation(broken, true), root });
    expect(result).toMatchObject({
      ok: false,
      detail: expect.stringContaining('No permissions to create new namespace'),
    });
  });

  it('reports runs that are not isolated', async () => {
    const result = await probeMachine({ ...tools, isolation: decideTestIsolation(null, true), root });
    expect(result).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/NOT isolated.*Nothing is limited/),
    });
  });
});
