import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import {
  createWorkspaceFixture,
  embeddedRequirements,
  plainRequirements,
} from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { readBlob } from '../../blobs/read-blob.ts';
import { readTable } from '../../store/postgres/testing/tables.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

async function uploadCode(
  archive: Uint8Array,
  requirements: unknown = plainRequirements,
  grant = context.grant('deployment'),
) {
  const archivePath = join(fixture.folder, `${randomUUID()}.tar.gz`);
  await writeFile(archivePath, archive);
  return fixture.uploadPackage.uploadDeployment({
    grant,
    archivePath,
    requirements,
    requirementsSizeBytes: 2,
  });
}

const uploadConfiguration = (archive: Buffer, grant = context.grant('configuration')) =>
  fixture.uploadPackage.uploadConfiguration({ grant, archive });

const keysOf = async (prefix: string) =>
  (await Array.fromAsync(fixture.blobs.list(prefix))).map(({ key }) => key).toSorted();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const latest = () => fixture.store.deployments.latest(context.workspaceId);

describe('an upload', () => {
  it('of code is stored unchanged, with its report', async () => {
    const archive = buildArchive({ 'a.py': 'x = 1', 'lib/b.py': 'y = 2' });
    const grant = context.grant('deployment');
    const deployment = await uploadCode(archive, plainRequirements, grant);
    expect(deployment).toMatchObject({
      id: grant.uploadId,
      version: 1,
      fileCount: 2,
      sizeBytes: archive.length,
      archiveSha256: sha256(archive),
      requirements: plainRequirements,
      hasEmbeddedDatabase: false,
      createdBy: context.membershipId,
    });
    expect(await readBlob(fixture.blobs, deployment.archiveKey)).toEqual(archive);
    const files = await fixture.store.deployments.files(context.workspaceId, deployment.id);
    expect(files?.map((file) => file.relative_path)).toEqual(['a.py', 'lib/b.py']);
  });

  it.each([
    [
      '[[tool.uv.index]]\nname = "company"\nurl = "https://me:secret-word@pypi.example.com/simple"\n',
      { code: 'invalid_package_sources', message: expect.stringContaining('UV_INDEX_COMPANY_PASSWORD') },
    ],
    [
      '[tool.uv.sources]\nacme-core = { index = "company" }\n',
      { code: 'invalid_package_sources', message: expect.stringContaining("the index 'company'") },
    ],
    ['[[tool.uv.index]\n', { code: 'invalid_request' }],
  ])('of code whose package sources cannot be used is rejected: %j', async (pyproject, refusal) => {
    const archive = buildArchive({ 'a.py': '', 'pyproject.toml': pyproject });
    const refused = await uploadCode(archive).catch((error: unknown) => error);
    expect(refused).toMatchObject(refusal);
    expect(String(refused)).not.toContain('secret-word');
    expect(await latest()).toBeUndefined();
  });

  it('of a configuration is encrypted: neither its text nor its archive is on disk in plain form', async () => {
    const archive = buildArchive({ 'prod.secrets.toml': 'key = "plain-secret-value"', 'config.toml': '' });
    const configuration = await uploadConfiguration(archive);
    expect(configuration).toMatchObject({ version: 1, profiles: ['prod'], archiveSha256: sha256(archive) });
    const sealed = await readBlob(fixture.blobs, configuration.archiveKey);
    expect(sealed.includes(archive.subarray(0, 16))).toBe(false);
    expect(sealed.includes('plain-secret-value')).toBe(false);
    expect(fixture.encryption.decrypt(sealed, configuration.id)).toEqual(archive);
    expect(() => fixture.encryption.decrypt(sealed, randomUUID())).toThrow();
    const rows = await readTable(fixture.database, 'configurations');
    expect(JSON.stringify(rows)).not.toContain('plain-secret-value');
  });

  it('gets the next version number without gaps, however many are concurrent', async () => {
    const archive = buildArchive({ 'a.py': 'x = 1' });
    const code = await Promise.all(Array.from({ length: 10 }, () => uploadCode(archive)));
    const toml = buildArchive({ 'config.toml': '' });
    const configurations = await Promise.all(Array.from({ length: 10 }, () => uploadConfiguration(toml)));
    const upTo10 = Array.from({ length: 10 }, (_, index) => index + 1);
    for (const rows of [code, configurations]) {
      expect(rows.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(upTo10);
    }
  });

  it.each<[string, unknown, boolean]>([
    ['a database in local files', embeddedRequirements, true],
    ['a line that cannot be installed', { ...plainRequirements, groups: { main: ['./local'] } }, true],
    ['neither', plainRequirements, false],
  ])('records whether its runs share local data: %s', async (_what, requirements, hasEmbeddedDatabase) => {
    const deployment = await uploadCode(buildArchive({ 'a.py': '' }), requirements);
    expect(deployment).toMatchObject({ hasEmbeddedDatabase, requirements });
  });
});

describe('a rejected upload', () => {
  async function refuse(upload: () => Promise<unknown>, code: string) {
    const before = [await keysOf('deployments/'), await keysOf('configurations/')];
    await expect(upload()).rejects.toMatchObject({ code });
    expect([await keysOf('deployments/'), await keysOf('configurations/')]).toEqual(before);
  }

  it.each<[string, Buffer, string]>([
    ['no archive', Buffer.from('hello'), 'archive_invalid'],
    ['a truncated archive', buildArchive({ 'a.py': 'x'.repeat(5000) }).subarray(0, 100), 'archive_truncated'],
    ['a path out of the archive', buildArchive({ '../a.py': 'x' }), 'archive_unsafe'],
    [
      'a manifest with a wrong name',
      buildArchive({ 'a.py': 'x' }, { changeManifest: (text) => text.replace('a.py', 'b.py') }),
      'archive_invalid',
    ],
  ])('leaves no row and no blob: %s', async (_what, archive, code) => {
    await refuse(() => uploadCode(archive), code);
    await refuse(() => uploadConfiguration(archive), code);
    expect(await latest()).toBeUndefined();
    expect(await fixture.store.configurations.latest(context.workspaceId)).toBeUndefined();
  });

  it('may have too many secrets to mask, but not too many plain values', async () => {
    const values = Array.from({ length: 10_001 }, (_, number) => `key_${number} = "secret-${number}"`).join(
      '\n',
    );
    await refuse(() => uploadConfiguration(buildArchive({ 'secrets.toml': values })), 'too_many_secrets');
    await expect(uploadConfiguration(buildArchive({ 'config.toml': values }))).resolves.toBeDefined();
  });

  it.each([
    ['no object', []],
    ['no Python version', { engine_version: 2 }],
    ['another engine', { ...plainRequirements, engine_version: 3 }],
  ])('leaves nothing if its requirements are %s', async (_what, requirements) => {
    await refuse(() => uploadCode(buildArchive({ 'a.py': '' }), requirements), 'invalid_request');
    expect(await latest()).toBeUndefined();
  });

  it('leaves nothing in a workspace that was archived, or lost the member, meanwhile', async () => {
    const archive = buildArchive({ 'a.py': '' });
    const stranger = await createWorkspaceFixture(fixture);
    const grant = { ...context.grant('deployment'), principal: stranger.grant('deployment').principal };
    await refuse(() => uploadCode(archive, plainRequirements, grant), 'not_found');
    const workspaceId = randomUUID();
    await refuse(() => uploadCode(archive, plainRequirements, { ...grant, workspaceId }), 'not_found');
    await context.archiveWorkspace();
    await refuse(() => uploadCode(archive), 'workspace_archived');
    await refuse(() => uploadConfiguration(buildArchive({ 'config.toml': '' })), 'workspace_archived');
    expect(await latest()).toBeUndefined();
  });
});

describe('an upload id', () => {
  const first = buildArchive({ 'a.py': 'first' });
  const second = buildArchive({ 'a.py': 'second' });

  it('is valid once: a second upload does not change the first', async () => {
    const grant = context.grant('deployment');
    const stored = await uploadCode(first, plainRequirements, grant);
    const refusal = { code: 'upload_already_received' };
    await expect(uploadCode(second, plainRequirements, grant)).rejects.toMatchObject(refusal);
    expect(await latest()).toEqual(stored);
    expect(await readBlob(fixture.blobs, stored.archiveKey)).toEqual(first);
    expect(await keysOf(`deployments/${grant.uploadId}`)).toEqual([stored.archiveKey]);
  });

  it('is valid once for a configuration too', async () => {
    const grant = context.grant('configuration');
    const [one, two] = ['a = 1', 'a = 2'].map((text) => buildArchive({ 'config.toml': text }));
    if (!one || !two) throw new Error('There are two archives');
    const stored = await uploadConfiguration(one, grant);
    await expect(uploadConfiguration(two, grant)).rejects.toMatchObject({ code: 'upload_already_received' });
    const sealed = await readBlob(fixture.blobs, stored.archiveKey);
    expect(fixture.encryption.decrypt(sealed, grant.uploadId)).toEqual(one);
    expect(await keysOf(`configurations/${grant.uploadId}`)).toEqual([stored.archiveKey]);
  });

  it('is valid once for concurrent uploads', async () => {
    const grant = context.grant('deployment');
    const uploads = [first, second];
    const answers = await Promise.allSettled(
      uploads.map((archive) => uploadCode(archive, plainRequirements, grant)),
    );
    const winner = answers.findIndex(({ status }) => status === 'fulfilled');
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const stored = await latest();
    expect(stored).toMatchObject({ version: 1, archiveSha256: sha256(uploads[winner] ?? first) });
    expect(await readBlob(fixture.blobs, stored?.archiveKey ?? '')).toEqual(uploads[winner]);
    expect(await keysOf(`deployments/${grant.uploadId}`)).toEqual([stored?.archiveKey]);
  });
});
