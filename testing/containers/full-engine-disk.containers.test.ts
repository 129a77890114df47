import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createContainerSite, neighbourScript, type ContainerSite } from './container-site.ts';

const megabyte = 1024 * 1024;
/** Enough for an environment and the cache of its builder. */
const diskBytes = 1200 * megabyte;

/** Fills the disk to its last byte, and prints this many lines about it. */
const fill = (path: string, lines: number) => `
import os
print("fills the disk", flush=True)
file = os.open(${path}, os.O_WRONLY | os.O_CREAT)
problem = None
for size in (${megabyte}, 4096, 1):
    try:
        while True:
            os.write(file, b"x" * size)
    except OSError as error:
        problem = error
print("\\n".join(["y" * 1000] * ${lines}), flush=True)
raise problem
`;

/**
 * Output that fits in an attempt's reserve, and more than that: the rest is in pipes when the script ends.
 */
const lines = { few: 100, more: 300 };

/** The exception reaches the server although the disk is full. */
const closingLine =
  /^Pumphouse: Failed \(exit_code\): OSError: \[Errno 28\] No space left on device \(\w+\.py:\d+\)\. Read the traceback/;

const lineCount = 5000;
/**
 * Prints more than pipes hold as soon as the disk is full. The engine can start nothing in a container then,
 * because its state is on the same disk.
 */
const talker = `
import os, time
print("is held", flush=True)
while (room := os.statvfs(".")).f_bavail * room.f_bsize > ${megabyte}:
    time.sleep(0.1)
for number in range(${lineCount}):
    print("line", number, "x" * 1000)
`;

const hasPodman = (await findInstalledEngines()).includes('podman');

describe.runIf(hasPodman)("a run that fills its engine's disk", () => {
  let engine: TestEngine;
  let site: ContainerSite;
  let workspace: ApiWorkspace;
  let keeper: ApiWorkspace;

  beforeAll(async () => {
    engine = await startTestEngine('podman', { diskBytes });
    // A container that is prepared a second after the start takes space that the run's reserve has freed, as any other
    // start does.
    site = await createContainerSite(engine, { PUMPHOUSE_SLOTS_MEMORY_PERCENT: '0' });
    const ownFolder = fill('"filler"', lines.more);
    workspace = await site.deployScripts('own-folder', { ownFolder, talker, ...neighbourScript });
    const localData = fill('f".dlt/data/{os.environ[\'WORKSPACE__PROFILE\']}/filler"', lines.few);
    keeper = await site.deployScripts('local-data', { localData });
    expect(await site.run(workspace, 'neighbour')).toMatchObject({ status: 'completed' });
  });
  afterAll(async () => {
    await site.close();
    await engine.close();
  });

  const isFull = async () => {
    const { bavail, bsize } = await statfs(engine.root);
    return bavail * bsize < megabyte;
  };

  it('with its own files fails with its own error, and leaves the disk as it was', async () => {
    const ended = await site.run(workspace, 'ownFolder');
    expect(ended.status).toBe('failed');
    expect(ended.output).toMatch(/^fills the disk\n[^]*No space left on device/);
    expect(ended.output.match(/y{1000}/g)).toHaveLength(lines.more);
    expect(ended.lastLine).toMatch(closingLine);
    await site.awaitNothingLeft();
    expect(await isFull()).toBe(false);
    expect(await site.run(workspace, 'neighbour')).toMatchObject({ status: 'completed', output: 'is well' });
  });

  it('with local data, which stays, fails too; other runs wait until space is freed', async () => {
    const talking = await site.start(workspace, 'talker');
    await workspace.awaitLine(talking, 'is held');
    const ended = await site.run(keeper, 'localData');
    expect(ended.status).toBe('failed');
    expect(ended.output).toMatch(/^fills the disk\n[^]*No space left on device/);
    expect(ended.output.match(/y{1000}/g)).toHaveLength(lines.few);
    expect(ended.lastLine).toMatch(closingLine);
    expect((await fetch(`${site.server.url}/readyz`)).status).toBe(200);

    await eventually('the disk is full', isFull);
    expect(await workspace.getRun(talking)).toMatchObject({ status: 'running' });
    const [volume = ''] = await site.listNames('volume', 'kind=local-data', `workspace=${keeper.id}`);
    await rm(join(engine.root, 'volumes', volume, '_data', 'filler'));
    const talked = await site.awaitEnd(workspace, talking);
    expect(talked.status).toBe('completed');
    expect(talked.output.split('\n')).toHaveLength(lineCount + 1);
    expect(await site.run(workspace, 'neighbour')).toMatchObject({ status: 'completed', output: 'is well' });
    await site.awaitNothingLeft();
  });
});
