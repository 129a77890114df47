import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { identifyOwnProcess, readLiveness } from './embedded/live-process.ts';
import { awaitHiddenServers, listServers, registerServer } from './server-registry.ts';
import { readProcessStartTime } from '../../platform/process-identity.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-servers-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const writeLine = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));

test('a server is listed from its registration to its removal', async () => {
  const [first, second] = [await registerServer(folder), await registerServer(folder)];
  const own = { pid: process.pid, visible: true };
  expect(await listServers(folder)).toEqual([own, own]);
  await first.remove();
  expect(await listServers(folder)).toEqual([own]);
  await second.remove();
  expect(await listServers(folder)).toEqual([]);
});

test('a server that cannot be registered leaves nothing in the folder', async () => {
  const first = await registerServer(folder);
  const [name = ''] = await readdir(folder);
  const next = name.replace(/\d+(?=\.json$)/, (count) => String(Number(count) + 1));
  // A file cannot take the place of a folder: it fails where a full disk may, after the first write.
  await mkdir(join(folder, next));
  await expect(registerServer(folder)).rejects.toThrow('EISDIR');
  await first.remove();
  expect(await readdir(folder)).toEqual([next]);
});

test('a server that died, or whose pid was reused, is not listed, and its entry is removed', async () => {
  const child = spawn('sleep', ['100']);
  const pid = child.pid ?? 0;
  const { place: context } = identifyOwnProcess();
  await writeLine('child.json', { pid, startTime: readProcessStartTime(pid), place: context });
  await writeLine('reused.json', { pid: process.pid, startTime: 1, place: context });
  await writeFile(join(folder, 'cut-short.json'), '{"pid":');
  expect(await listServers(folder)).toEqual([{ pid, visible: true }]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await listServers(folder)).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

test('a server that cannot be observed is listed as long as it refreshes its entry', async () => {
  await writeLine('hidden.json', { pid: 1, startTime: 1, place: 'another container' });
  expect(await listServers(folder)).toEqual([{ pid: 1, visible: false }]);
  await expect(awaitHiddenServers(folder, 100)).rejects.toThrow('in another container');
  const old = new Date(Date.now() - 11_000);
  await utimes(join(folder, 'hidden.json'), old, old);
  await expect(awaitHiddenServers(folder, 100)).resolves.toBeUndefined();
});

test('a server from before a restart of this machine is listed for a shorter time, a server of another machine is not', async () => {
  const own = identifyOwnProcess();
  const [, pidNamespace] = own.place.split(' ');
  const earlier = { ...own, machineId: 'a', place: `another-boot ${pidNamespace}` };
  const silent = 5000;
  const fresh = -3_600_000;
  expect(readLiveness({ ...earlier, machineId: own.machineId ?? '' }, silent)).toBe(
    own.machineId === '' ? 'hidden' : 'dead',
  );
  expect(readLiveness({ ...earlier, machineId: own.machineId ?? '' }, fresh)).toBe('hidden');
  expect(readLiveness(earlier, silent)).toBe('hidden');
  expect(readLiveness({ ...own, place: `${own.place.split(' ')[0]} pid:[1]` }, silent)).toBe('hidden');
  // As written by the previous release.
  const { machineId: _, ...older } = own;
  expect(readLiveness(older, silent)).toBe('alive');
  expect(readLiveness({ ...older, place: earlier.place }, silent)).toBe('hidden');
});
