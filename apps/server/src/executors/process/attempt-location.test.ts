import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import { buildHandle, deriveHandleLocation, type ServerLocation } from './attempt-location.ts';
import { locateAttemptFolder, type AttemptFolder } from './attempt-folder.ts';

const here: ServerLocation = {
  hostName: 'host',
  machineId: 'machine',
  bootId: 'boot',
  pidNamespace: 'pid:[1]',
};
const names = {
  version: 1 as const,
  attemptId: 'a-1',
  jobRunId: 'r-1',
  installationId: 'i-1',
  controlGroup: [],
};
const bootstrap = {
  pid: 7,
  start_time: 100,
  boot_id: 'boot',
  pid_namespace: 'pid:[1]',
  machine_id: 'machine',
};

let dataDir: string;
let folder: AttemptFolder;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'pumphouse-places-'));
  folder = locateAttemptFolder(dataDir, 'a-1');
  await mkdir(folder.path, { recursive: true });
  await writeFile(folder.attemptFile, '{}');
});
afterEach(() => rm(dataDir, { recursive: true }));

function handleOf(
  location: Partial<ServerLocation>,
  process: Partial<typeof bootstrap> | null = {},
): AttemptHandle {
  const record = { ...names, ...here, ...location };
  return buildHandle(record, process && { ...bootstrap, ...process }, folder.path);
}

const derive = (handle: AttemptHandle) => deriveHandleLocation(handle, here, dataDir).location;

describe('the location of an attempt', () => {
  it('is here in the same pid namespace, boot and machine', () => {
    expect(derive(handleOf({}))).toBe('here');
    expect(derive(handleOf({}, null))).toBe('here');
  });

  it('can be read from files of the previous release, whose bootstrap wrote only its boot id', () => {
    const { pid, start_time, boot_id } = bootstrap;
    expect(derive(buildHandle({ ...names, ...here }, { pid, start_time, boot_id }, folder.path))).toBe(
      'here',
    );
  });

  it.each([
    ['pid namespace', { pid_namespace: 'pid:[2]' }],
    ['machine', { machine_id: 'other' }],
    ['machine and boot', { machine_id: 'other', boot_id: 'other' }],
  ])('is elsewhere when the bootstrap is in another %s', (_name, process) => {
    expect(derive(handleOf({}, process))).toBe('elsewhere');
  });

  it.each([
    ['pid namespace', { pidNamespace: 'pid:[2]' }],
    ['machine', { machineId: 'other' }],
    ['machine with the same host name', { machineId: 'other', bootId: 'other' }],
  ])('is elsewhere when it was prepared in another %s', (_name, location) => {
    expect(derive(handleOf(location, null))).toBe('elsewhere');
  });

  it('is an earlier boot of this machine if its folder exists', async () => {
    const earlier = handleOf({}, { boot_id: 'other', pid_namespace: 'pid:[9]' });
    expect(derive(earlier)).toBe('earlier-boot');
    // A clone of the machine has its id and its host name, but not this folder.
    await rm(folder.path, { recursive: true });
    expect(derive(earlier)).toBe('elsewhere');
  });
});
