import type { PastRun, RetentionFixture } from '../testing/retention-fixture.ts';
import type { ReadLogs } from '../logs/read-logs.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createReadLogs } from '../logs/read-logs.ts';
import { createReadTelemetry } from '../telemetry/read-telemetry.ts';
import { createRetentionFixture } from '../testing/retention-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let kept: RetentionFixture;
let readLogs: ReadLogs;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  kept = createRetentionFixture(fixture, context, createFakeExecutor());
  readLogs = createReadLogs(fixture);
  await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
});
afterEach(() => fixture.close());

/** Adds runs of 30, 20 and 10 days ago. */
async function addThree(): Promise<[PastRun, PastRun, PastRun]> {
  return [
    await kept.addPastRun('jobs.a', 30),
    await kept.addPastRun('jobs.a', 20),
    await kept.addPastRun('jobs.a', 10),
  ];
}

async function readTexts({ run }: PastRun): Promise<string[]> {
  const pieces = await Array.fromAsync(await readLogs.read(context.workspaceId, run.id));
  const lines = Buffer.concat(pieces).toString().trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { content: string }).content);
}

async function readTraceCode({ run }: PastRun): Promise<string> {
  const [pipelineRun] = await fixture.store.telemetry.listOfJobRuns([run.id]);
  const read = createReadTelemetry(fixture.persistence, fixture.blobs);
  return read.getTrace(context.workspaceId, pipelineRun?.id ?? '').then(
    () => 'there',
    (error: { code: string }) => error.code,
  );
}

describe('logs', () => {
  it('are removed past their age, and leave a note', async () => {
    const [old, young, latest] = await addThree();
    expect(await kept.purge('logs=25d')).toMatchObject({ logs: { count: 1 } });
    const today = new Date().toISOString().slice(0, 10);
    expect(await readTexts(old)).toEqual([expect.stringContaining(`The log was removed on ${today}`)]);
    const followed = await readLogs.follow(context.workspaceId, old.run.id, {
      signal: AbortSignal.timeout(60_000),
    });
    expect(await Array.fromAsync(followed)).toHaveLength(1);
    expect(await readTexts(young)).toEqual(['Pumphouse: working']);
    expect(await readTexts(latest)).toEqual(['Pumphouse: working']);
    expect(await Array.fromAsync(fixture.logFiles.read(old.attemptId, { fromLine: 0 }))).toEqual([]);
    expect((await context.getRun(old.run.id)).status).toBe('completed');
  });

  it('are removed oldest first until the disk size is within the limit', async () => {
    const three = await addThree();
    const [old, young] = three;
    const { logs } = fixture.store.storage;
    const { count, bytes } = await logs.measure();
    expect(count).toBe(3);
    for (const { attemptId } of three)
      await setAttempt(fixture.database, attemptId, { logStoredBytes: 1024 * 1024 });
    expect(await kept.purge('logs=2MB')).toEqual(
      expect.objectContaining({ logs: { count: 1, bytes: 1024 * 1024 } }),
    );
    expect(bytes).toBeLessThan(3 * 1024);
    expect((await logs.measure()).count).toBe(2);
    expect(await readTexts(old)).not.toEqual(['Pumphouse: working']);
    expect(await readTexts(young)).toEqual(['Pumphouse: working']);
  });

  it('of the newest run of a job are kept, and so are those of active runs and those not yet packed', async () => {
    const busy = await kept.runOnce('jobs.a');
    await kept.sealLog(busy.attemptId);
    const unpacked = await kept.runOnce('jobs.a');
    await context.complete(unpacked.run);
    await kept.makeOlder(unpacked, 900);
    const latest = await kept.addPastRun('jobs.a', 800);
    expect(await kept.purge('logs=0d')).toMatchObject({ logs: { count: 0 } });
    for (const past of [busy, unpacked, latest])
      expect(await readTexts(past)).toEqual(['Pumphouse: working']);
  });
});

describe('traces', () => {
  it('are removed past their age; the pipeline run is kept and notes it', async () => {
    const [old, young] = await addThree();
    expect(await kept.purge('traces=25d')).toMatchObject({ traces: { count: 1 } });
    expect(await readTraceCode(old)).toBe('trace_removed');
    expect(await readTraceCode(young)).toBe('there');
    expect(await kept.countRows('pipeline_runs')).toBe(3);
    expect(await kept.listBlobs(`beacons/${old.attemptId}`)).toEqual(
      [1, 2].map((number) => `beacons/${old.attemptId}/${number}.json`),
    );
  });

  it('of the newest run of a job and of active runs are kept', async () => {
    const busy = await kept.runOnce('jobs.a');
    const latest = await kept.addPastRun('jobs.a', 800);
    expect(await kept.purge('traces=0d')).toMatchObject({ traces: { count: 0 } });
    expect(await readTraceCode(busy)).toBe('there');
    expect(await readTraceCode(latest)).toBe('there');
  });
});

describe('raw beacon bodies', () => {
  it('are removed past their age once parsed; traces and parsed data are kept', async () => {
    const [old, young, latest] = await addThree();
    expect(await kept.purge('beacons=15d')).toMatchObject({ beacons: { count: 4 } });
    expect(await kept.listBlobs('beacons/')).toEqual(
      [
        ...[old, young].map(({ attemptId }) => `beacons/${attemptId}/0.json`),
        ...[0, 1, 2].map((number) => `beacons/${latest.attemptId}/${number}.json`),
      ].toSorted(),
    );
    expect(await kept.countRows('job_results')).toBe(3);
    expect(await readTraceCode(old)).toBe('there');
  });

  it('are kept until parsed, or until they certainly never will be', async () => {
    const past = await kept.addPastRun('jobs.a', 0);
    await kept.addPastRun('jobs.a', 0);
    await kept.addBody(past.attemptId, 3, 'trace', readCapturedBody('ok/002-trace'));
    await kept.purge('beacons=0d');
    expect(await kept.listBlobs(`beacons/${past.attemptId}`)).toEqual(
      [0, 3].map((number) => `beacons/${past.attemptId}/${number}.json`),
    );
    await kept.makeOlder(past, 31);
    expect(await kept.purge('beacons=0d')).toMatchObject({ beacons: { count: 1 } });
  });

  it('that could not be parsed are removed like the others', async () => {
    const past = await kept.addPastRun('jobs.a', 0);
    await kept.addBody(past.attemptId, 3, 'trace', 'no trace');
    await fixture.ingestTelemetry.ofAttempt(past.attemptId);
    expect(await kept.purge('beacons=0d')).toMatchObject({ beacons: { count: 3 } });
  });
});

describe('a crash after the commit', () => {
  it('leaves unused files, and the next run removes them', async () => {
    const [old] = await addThree();
    fixture.setFault('before-files-removed', () => {
      throw new Error('killed');
    });
    await expect(kept.purge('logs=25d,traces=25d')).rejects.toThrow('killed');
    expect(await readTexts(old)).toEqual([expect.stringContaining('The log was removed')]);
    expect(await Array.fromAsync(fixture.logFiles.read(old.attemptId, { fromLine: 0 }))).not.toEqual([]);
    expect(await kept.countRows('storage_removals')).toBe(1);
    await kept.purge('logs=25d', { kinds: [] });
    expect(await Array.fromAsync(fixture.logFiles.read(old.attemptId, { fromLine: 0 }))).toEqual([]);
    expect(await kept.countRows('storage_removals')).toBe(0);
  });

  it('also leaves files of runs whose rows were removed', async () => {
    const [old] = await addThree();
    fixture.setFault('before-files-removed', () => {
      throw new Error('killed');
    });
    await expect(kept.purge('runs=25d')).rejects.toThrow('killed');
    expect(await kept.listBlobs(`beacons/${old.attemptId}`)).toHaveLength(3);
    await kept.purge('runs=25d', { kinds: [] });
    expect(await kept.listBlobs(`beacons/${old.attemptId}`)).toEqual([]);
  });
});

describe('a dry run and a report', () => {
  it('list what would be removed, and remove nothing', async () => {
    await addThree();
    const { bytes } = await fixture.store.storage.traces.measure();
    expect(await kept.purge('runs=25d,traces=15d', { dryRun: true })).toMatchObject({
      runs: { count: 1 },
      traces: { count: 2, bytes: (bytes / 3) * 2 },
    });
    expect(await kept.countRows('job_runs')).toBe(3);
    expect((await kept.listBlobs('beacons/')).length).toBe(9);
  });
});
