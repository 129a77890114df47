import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { Readable } from 'node:stream';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import {
  createWorkspaceFixture,
  embeddedRequirements,
  plainRequirements,
} from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { readArchiveFile } from '../../archives/read-archive-file.ts';
import { createConfigurationArchives } from './version-archives.ts';
import { readConfigurationFiles } from '../../archives/configuration-archive.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

async function deployCode(code: string, requirements: unknown = plainRequirements) {
  const archivePath = join(fixture.folder, `${randomUUID()}.tar.gz`);
  await writeFile(archivePath, buildArchive({ 'a.py': code }));
  const upload = { grant: context.grant('deployment'), archivePath, requirements, requirementsSizeBytes: 2 };
  return fixture.uploadPackage.uploadDeployment(upload);
}

const requestFor = (versionId: string) => ({
  workspaceId: context.workspaceId,
  membershipId: context.membershipId,
  versionId,
});

async function countBlobs(): Promise<number> {
  return (await Array.fromAsync(fixture.blobs.list(''))).length;
}

describe('a rollback of code', () => {
  it('is a new version with the old content, in its own archive', async () => {
    const first = await deployCode('x = 1', embeddedRequirements);
    await deployCode('x = 2');
    const back = await fixture.rollBack.deployment(requestFor(first.id));
    expect(back).toEqual({
      ...first,
      id: back.id,
      version: 3,
      archiveKey: back.archiveKey,
      createdAt: back.createdAt,
      updatedAt: back.updatedAt,
    });
    expect([first.id, first.archiveKey]).not.toContain(back.id);
    expect(await fixture.store.deployments.latest(context.workspaceId)).toEqual(back);
    expect(await fixture.store.deployments.files(context.workspaceId, back.id)).toEqual(
      await fixture.store.deployments.files(context.workspaceId, first.id),
    );
    // Deleting the old archive does not affect the new version.
    await fixture.blobs.delete(first.archiveKey);
    const content = await readArchiveFile(await fixture.blobs.openRead(back.archiveKey), 'a.py', 100);
    expect(content.toString()).toBe('x = 1');
  });

  it('is used by the next run, with the current jobs', async () => {
    const first = await deployCode('x = 1');
    await context.uploadConfiguration();
    await deployCode('x = 2');
    await context.deployJobs([{ ...definition, description: 'newer' }]);
    const back = await fixture.rollBack.deployment(requestFor(first.id));
    const run = await context.startRun('jobs.m.f');
    expect(run.deploymentId).toBe(back.id);
    expect(await context.getJob('jobs.m.f')).toMatchObject({ version: 1, description: 'newer' });
  });

  it('rejects content that is already the latest, and leaves no blob behind', async () => {
    const first = await deployCode('x = 1');
    const second = await deployCode('x = 2');
    const third = await fixture.rollBack.deployment(requestFor(first.id));
    const blobs = await countBlobs();
    for (const { id } of [first, third]) {
      await expect(fixture.rollBack.deployment(requestFor(id))).rejects.toMatchObject({
        code: 'content_is_latest',
        extra: { latest_version: 3 },
      });
    }
    expect(await countBlobs()).toBe(blobs);
    expect((await fixture.rollBack.deployment(requestFor(second.id))).version).toBe(4);
  });

  it('distinguishes the same files with other requirements', async () => {
    const first = await deployCode('x = 1');
    await deployCode('x = 1', embeddedRequirements);
    expect(await fixture.rollBack.deployment(requestFor(first.id))).toMatchObject({
      version: 3,
      hasEmbeddedDatabase: false,
    });
  });

  it('requested twice concurrently creates one version', async () => {
    const first = await deployCode('x = 1');
    await deployCode('x = 2');
    const blobs = await countBlobs();
    const outcomes = await Promise.allSettled([
      fixture.rollBack.deployment(requestFor(first.id)),
      fixture.rollBack.deployment(requestFor(first.id)),
    ]);
    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect(refused).toMatchObject([{ code: 'content_is_latest' }]);
    expect(await countBlobs()).toBe(blobs + 1);
    expect((await fixture.store.deployments.latest(context.workspaceId))?.version).toBe(3);
  });

  it('of a damaged archive creates nothing', async () => {
    const first = await deployCode('x = 1');
    await deployCode('x = 2');
    await fixture.blobs.put(first.archiveKey, Buffer.from('damaged'));
    const blobs = await countBlobs();
    await expect(fixture.rollBack.deployment(requestFor(first.id))).rejects.toThrow('is damaged');
    expect(await countBlobs()).toBe(blobs);
    expect((await fixture.store.deployments.latest(context.workspaceId))?.version).toBe(2);
  });
});

const definition = {
  engine_version: 2,
  job_ref: 'jobs.m.f',
  entry_point: { module: 'm', function: 'f', job_type: 'batch', launcher: 'dlt.launchers.job' },
  triggers: [],
  execute: {},
};

describe('a rollback of configuration', () => {
  it('is a new version with the old content, encrypted for itself', async () => {
    const first = await context.uploadConfiguration({ 'prod.secrets.toml': 'password = "of-old"' });
    await context.uploadConfiguration({ 'config.toml': 'a = 1' });
    const back = await fixture.rollBack.configuration(requestFor(first.id));
    expect(back).toMatchObject({ version: 3, contentHash: first.contentHash, profiles: ['prod'] });
    await fixture.blobs.delete(first.archiveKey);
    const archive = await createConfigurationArchives(fixture.blobs, fixture.encryption).open(back);
    expect(await readConfigurationFiles(Readable.from([archive]))).toEqual([
      { name: 'prod.secrets.toml', text: 'password = "of-old"' },
    ]);
  });

  it('rejects content that is already the latest', async () => {
    const first = await context.uploadConfiguration({ 'config.toml': 'a = 1' });
    await expect(fixture.rollBack.configuration(requestFor(first.id))).rejects.toMatchObject({
      code: 'content_is_latest',
    });
  });
});

describe.each(['deployment', 'configuration'] as const)('a rollback of a %s', (kind) => {
  const upload = async (content: string) =>
    kind === 'deployment' ? deployCode(content) : context.uploadConfiguration({ 'config.toml': content });

  it('is rejected in an archived workspace', async () => {
    const first = await upload('x = 1');
    await upload('x = 2');
    await context.archiveWorkspace();
    const blobs = await countBlobs();
    await expect(fixture.rollBack[kind](requestFor(first.id))).rejects.toMatchObject({
      code: 'workspace_archived',
    });
    expect(await countBlobs()).toBe(blobs);
  });

  it('does not find a version of another workspace, or an unknown one', async () => {
    const elsewhere = await upload('x = 1');
    await upload('x = 2');
    context = await createWorkspaceFixture(fixture);
    await upload('x = 3');
    for (const id of [elsewhere.id, randomUUID()]) {
      await expect(fixture.rollBack[kind](requestFor(id))).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});
