import type { RetentionFixture } from '../testing/retention-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { randomUUID } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor } from '../../executors/fake/fake-executor.ts';
import { createWorkspaceFixture, defineJob, plainRequirements } from '../testing/workspace-fixture.ts';
import { createRetentionFixture } from '../testing/retention-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let kept: RetentionFixture;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  kept = createRetentionFixture(fixture, context, createFakeExecutor());
});
afterEach(() => fixture.close());

async function listDeployments(): Promise<string[]> {
  const { rows } = await fixture.store.deployments.list(context.workspaceId, null).read({
    limit: 100,
    offset: 0,
    sorting: [{ key: 'version', order: 'asc' }],
  });
  return rows.map(({ archiveKey }) => archiveKey);
}

describe('packages', () => {
  it('that no run uses and that are not the newest are removed; their rows and file lists are kept', async () => {
    for (let version = 1; version <= 3; version += 1) {
      await context.uploadDeployment();
      await context.uploadConfiguration();
    }
    const before = await kept.listBlobs();
    expect(before).toHaveLength(6);
    const { packages } = await kept.purge('packages=0d');
    expect(packages?.count).toBe(4);
    expect(packages?.bytes).toBeGreaterThan(0);
    const [, , newest] = await listDeployments();
    expect(await kept.listBlobs('deployments/')).toEqual([newest]);
    expect(await kept.listBlobs('configurations/')).toHaveLength(1);
    const { rows } = await fixture.store.deployments
      .list(context.workspaceId, null)
      .read({ limit: 1, offset: 2 });
    const [first] = rows;
    expect(first?.version).toBe(1);
    expect(await fixture.store.deployments.files(context.workspaceId, first?.id ?? '')).toHaveLength(1);
    expect(await kept.purge('packages=0d')).toMatchObject({ packages: { count: 0 } });
  });

  it('of existing runs are kept: of a queued one, and of one that ended long ago', async () => {
    await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
    await kept.addPastRun('jobs.a', 900);
    await context.uploadDeployment();
    await context.uploadConfiguration();
    await context.startRun('jobs.a');
    await context.uploadDeployment();
    await context.uploadConfiguration();
    const before = await kept.listBlobs();
    expect(await kept.purge('packages=0d')).toMatchObject({ packages: { count: 0 } });
    expect(await kept.listBlobs()).toEqual(before);
  });

  it('are removed with the last run that used them', async () => {
    await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
    await kept.addPastRun('jobs.a', 900);
    await context.uploadDeployment();
    await kept.addPastRun('jobs.a', 1);
    expect(await kept.purge('runs=365d,packages=0d')).toMatchObject({
      runs: { count: 1 },
      packages: { count: 1 },
    });
    expect(await kept.listBlobs('deployments/')).toEqual((await listDeployments()).slice(1));
  });

  it('whose archive a newer version shares are kept', async () => {
    const old = await context.uploadDeployment();
    await context.uploadDeployment();
    const brought = { ...old, id: randomUUID(), files: [] };
    await fixture.store.deployments.insert(brought);
    expect(await kept.purge('packages=0d')).toMatchObject({ packages: { count: 1 } });
    expect(await kept.listBlobs('deployments/')).toEqual([old.archiveKey]);
  });

  it('are kept if a run is just being created from them', async () => {
    await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
    const model = await context.startRun('jobs.a');
    const unused = await context.uploadDeployment();
    const purging = Promise.withResolvers<unknown>();
    await fixture.persistence.transaction(async (store) => {
      const held = await store.deployments.holdLatest(context.workspaceId);
      expect(held?.id).toBe(unused.id);
      // By now it is no longer the newest version, and has no run yet.
      await context.uploadDeployment();
      purging.resolve(kept.purge('packages=0d'));
      await kept.awaitLockWait();
      await store.jobRuns.insert({
        ...model,
        deploymentId: unused.id,
        tickAt: null,
        isInternal: false,
        backfillRound: null,
      });
    });
    expect(await purging.promise).toMatchObject({ packages: { count: 0 } });
    expect(await kept.listBlobs('deployments/')).toContain(unused.archiveKey);
  });

  it('are removed oldest first until their size is within the limit', async () => {
    for (let version = 1; version <= 3; version += 1) await context.uploadDeployment();
    const { packages } = await kept.purge('packages=0MB');
    expect(packages?.count).toBe(2);
  });
});

describe('a version whose archive was removed', () => {
  it('can be neither rolled back to nor compared line by line, with an explanation', async () => {
    const old = await context.uploadDeployment();
    const oldConfiguration = await context.uploadConfiguration({ 'config.toml': 'a = 1' });
    const latest = await context.uploadDeployment({ ...plainRequirements, python_version: '3.11' });
    const latestConfiguration = await context.uploadConfiguration({ 'config.toml': 'a = 2' });
    await kept.purge('packages=0d');
    const { workspaceId, membershipId } = context;
    const { rollBack, compareVersions: compare } = fixture;
    const removed = { code: 'archive_removed' };
    await expect(rollBack.deployment({ workspaceId, membershipId, versionId: old.id })).rejects.toMatchObject(
      removed,
    );
    await expect(
      rollBack.configuration({ workspaceId, membershipId, versionId: oldConfiguration.id }),
    ).rejects.toMatchObject(removed);
    const pair = { workspaceId, targetId: latestConfiguration.id, baseId: oldConfiguration.id };
    await expect(compare.configurationFile(pair, 'config.toml')).rejects.toMatchObject(removed);
    expect((await compare.configurations(pair)).files).toMatchObject([{ change: 'changed' }]);
    const codePair = { workspaceId, targetId: latest.id, baseId: old.id };
    expect((await compare.deployments(codePair)).requirementsChanged).toBe(true);
  });
});

describe('archives without a version', () => {
  it('are removed after a day: the server was killed between the file and the row', async () => {
    await context.uploadDeployment();
    await fixture.blobs.put('deployments/lost.tar.gz', Buffer.from('lost'));
    expect(await kept.retention.removeLostBlobs()).toBe(0);
    const dayAgo = new Date(Date.now() - 25 * 3_600_000);
    for (const key of await kept.listBlobs('deployments/')) {
      await utimes(join(fixture.folder, 'blobs', key), dayAgo, dayAgo);
    }
    expect(await kept.retention.removeLostBlobs()).toBe(1);
    expect(await kept.listBlobs('deployments/')).toEqual(await listDeployments());
  });
});
