import type { RunState } from '@pumphouse/contract';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBootstrappedExecutor } from './testing/supervisor-fixture.ts';
import {
  createWorkspaceFixture,
  defineJob,
  embeddedRequirements,
  plainRequirements,
  unlockedRequirements,
} from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { useServers } from './testing/use-servers.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const unlimited = { execute: { concurrency: null } };

const startServer = useServers(() => fixture);

const awaitStatus = (jobRunId: string, status: RunState) =>
  eventually(`run ${jobRunId} is ${status}`, async () => {
    const run = await context.getRun(jobRunId);
    return run.status === status && run;
  });

describe('a supervisor', () => {
  it('drives a run from its claim to its end', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitStart(id);
    expect(spec).toMatchObject({
      jobRunId: id,
      claimNumber: 1,
      workFolderName: 'W',
      attemptsUrl: 'http://127.0.0.1:1',
    });
    expect(spec.localData).toMatchObject({ workspaceId: context.workspaceId, profile: 'prod' });
    expect((await context.getRun(id)).status).toBe('starting');
    const start = await executor.begin(spec);
    expect(start).toMatchObject({ run_id: id, profile: 'prod' });
    expect(await context.getRun(id)).toMatchObject({ status: 'running', finishedAt: null });
    executor.print(spec, 'hello');
    executor.finish(spec);
    const ended = await awaitStatus(id, 'completed');
    expect(ended.startedAt).toBeInstanceOf(Date);
    expect((await context.readLog(id)).map(({ content }) => content)).toEqual(['hello']);
  });

  it('builds with the indexes that the uploaded code declares, and fails a run whose code has none that can be used', async () => {
    const index = '[[tool.uv.index]]\nname = "company"\nurl = "https://pypi.example.com/simple"\n';
    await context.deployAll([defineJob('jobs.a')]);
    await context.uploadDeployment(plainRequirements, undefined, { 'a.py': '', 'pyproject.toml': index });
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    executor.finish(await executor.awaitBegin(id));
    expect(executor.fake.built.map(({ packageSources }) => packageSources)).toEqual([
      { index: [{ name: 'company', url: 'https://pypi.example.com/simple' }], sources: {} },
    ]);
    const lost = await context.uploadDeployment(plainRequirements, undefined, { 'pyproject.toml': index });
    await fixture.blobs.delete(lost.archiveKey);
    await awaitStatus(id, 'completed');
    const { id: later } = await context.startRun('jobs.a');
    expect(await awaitStatus(later, 'failed')).toMatchObject({
      failure: { code: 'requirements_invalid_package_sources' },
    });
    expect(executor.fake.built).toHaveLength(1);
  });

  it('starts at most its maximum of concurrent runs, and eventually all of them', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited)]);
    const runs = [];
    for (let count = 0; count < 3; count += 1) runs.push(await context.startRun('jobs.a'));
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor, maxActiveRuns: 2 });
    const [first, second, third] = runs.map(({ id }) => id);
    if (!first || !second || !third) throw new Error('There are three runs');
    const specs = [await executor.awaitBegin(first), await executor.awaitBegin(second)];
    expect((await context.getRun(third)).status).toBe('pending');
    expect(executor.fake.started).toHaveLength(2);
    for (const spec of specs) executor.finish(spec);
    executor.finish(await executor.awaitBegin(third));
    await awaitStatus(third, 'completed');
  });

  it('releases its runs when it stops, and they continue', async () => {
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    const server = await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(id);
    await server.stop();
    expect((await context.getRun(id)).status).toBe('running');
    expect(executor.fake.stopped).toEqual([]);
    const attempt = await fixture.store.attempts.get(spec.attemptId);
    if (!attempt?.handle) throw new Error('The attempt was not stored');
    expect(await executor.inspect(attempt.handle)).toEqual({ state: 'running' });
  });
});

describe('a variable that was stored before its name was reserved', () => {
  it('is left out of the run, and the log says so', async () => {
    await context.storeVariables({ LD_PRELOAD: '/tmp/x.so' });
    await context.deployAll([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    const spec = await executor.awaitStart(id);
    expect((await executor.begin(spec)).variables).not.toHaveProperty('LD_PRELOAD');
    executor.finish(spec);
    await awaitStatus(id, 'completed');
    expect(await context.readLog(id)).toContainEqual(
      expect.objectContaining({
        source: 'setup',
        content: expect.stringMatching(
          /^The variable LD_PRELOAD of the workspace is not used\. .+ reserved/,
        ) as string,
      }),
    );
  });
});

describe('a configuration file with its profile at the end of its name', () => {
  it('is placed under the name that dlt reads, and the log says so', async () => {
    await context.uploadDeployment();
    await context.uploadConfiguration({
      'secrets.prod.toml': 'a = 1',
      'config.eu.toml': '',
      'config.toml': '',
    });
    await context.deployJobs([defineJob('jobs.a')]);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const { id } = await context.startRun('jobs.a');
    executor.finish(await executor.awaitBegin(id));
    await awaitStatus(id, 'completed');
    const notes = (await context.readLog(id)).filter(({ content }) => content.includes('placed as'));
    // The file of another profile is not part of the run.
    expect(notes).toEqual([
      expect.objectContaining({
        source: 'setup',
        content: expect.stringMatching(
          /^The configuration file secrets\.prod\.toml was placed as prod\.secrets\.toml/,
        ) as string,
      }),
    ]);
  });
});

describe('a dlt that is too old to start jobs', () => {
  it('is raised, and the log of each run says so', async () => {
    await context.deployAll([defineJob('jobs.a')], {
      ...plainRequirements,
      groups: { main: ['dlt==1.24.0'] },
    });
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    // The second finds the environment of the first.
    for (const run of ['first', 'second']) {
      const { id } = await context.startRun('jobs.a');
      executor.finish(await executor.awaitBegin(id));
      await awaitStatus(id, 'completed');
      const contents = (await context.readLog(id)).map(({ content }) => content);
      expect(contents, run).toContain(
        'The run uses dlt==1.26.0 instead of dlt==1.24.0, which is too old to start jobs.',
      );
    }
    expect(executor.fake.built[0]?.requirements).toContain('dlt==1.26.0');
  });
});

describe('runs that share local data', () => {
  it('start at once if they can wait for the files of each other', async () => {
    await context.deployAll([defineJob('jobs.a'), defineJob('jobs.b')], embeddedRequirements);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const runs = [await context.startRun('jobs.a'), await context.startRun('jobs.b')];
    const specs = await Promise.all(runs.map(({ id }) => executor.awaitBegin(id)));
    expect(await fixture.store.workspaces.hasLocalData(context.workspaceId, 'prod')).toBe(true);
    for (const spec of specs) executor.finish(spec);
    for (const { id } of runs) await awaitStatus(id, 'completed');
  });

  it('run one after the other if they cannot; the waiting one says so once', async () => {
    await context.deployAll([defineJob('jobs.a'), defineJob('jobs.b')], unlockedRequirements);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const first = await context.startRun('jobs.a');
    const spec = await executor.awaitBegin(first.id);
    const second = await context.startRun('jobs.b');
    const text = 'Waiting for run 1 of jobs.a: it uses the same local data (.dlt/data of this profile).';
    const log = await eventually('the wait is in the log', async () => {
      const lines = await context.readLog(second.id);
      return lines.length > 0 && lines;
    });
    expect(log).toMatchObject([{ line_num: 0, content: text, source: 'runner' }]);
    expect((await context.getRun(second.id)).status).toBe('pending');
    executor.finish(spec);
    const next = await executor.awaitBegin(second.id);
    expect((await context.getRun(first.id)).status).toBe('completed');
    executor.finish(next);
    await awaitStatus(second.id, 'completed');
    const waits = (await context.readLog(second.id)).filter(({ content }) => content === text);
    expect(waits).toHaveLength(1);
    expect(await fixture.store.attempts.listOfRun(second.id)).toHaveLength(1);
  });

  it('do not wait for each other under different profiles', async () => {
    await context.deployAll([defineJob('jobs.a', unlimited)], unlockedRequirements);
    const executor = createBootstrappedExecutor(fixture);
    await startServer({ executor });
    const first = await context.startRun('jobs.a');
    const second = await context.startRun('jobs.a', { profile: 'eu' });
    const specs = [await executor.awaitBegin(first.id), await executor.awaitBegin(second.id)];
    for (const { id } of [first, second]) expect((await context.getRun(id)).status).toBe('running');
    for (const spec of specs) executor.finish(spec);
    await awaitStatus(second.id, 'completed');
  });
});
