import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archivePartKey } from '../../domain/environments/environment-archive.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { writeImageContext } from './write-image-context.ts';

const bootstrapFolder = join(import.meta.dirname, '../../../../../python/pumphouse_bootstrap');

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll(
    ['jobs.a', 'jobs.b'].map((ref) => defineJob(ref, { execute: { concurrency: null } })),
  );
});
afterEach(() => fixture.close());

/** Records an environment whose archive has these parts, and a run of the job that uses it. */
async function addEnvironment(job: string, parts: string[], pythonVersion = '3.13') {
  const [key, id] = [randomUUID().replaceAll('-', ''), randomUUID()];
  const { environments } = fixture.store;
  const spec = { key, organizationId: context.organizationId, pythonVersion, requirements: [] };
  await environments.takeBuild(spec, 'builder', 60, { replaceReady: false });
  for (const [number, part] of parts.entries())
    await fixture.blobs.put(archivePartKey(id, number), Buffer.from(part));
  const sha256 = createHash('sha256').update(parts.join('')).digest('hex');
  const archive = { id, parts: parts.length, sizeBytes: 1, unpackedBytes: 5, sha256 };
  await environments.finishBuild(key, 'builder', {
    location: { executor: 'kubernetes', path: key, archive },
  });
  const attempt = await context.createAttempt(await context.startRun(job));
  await environments.noteUse(attempt.id, key);
  return { key, archive };
}

const write = (folder: string) =>
  writeImageContext(
    { ...fixture, runnerImage: 'registry.example.com/runner:{python}', bootstrapFolder },
    { workspaceId: context.workspaceId, folder },
  );

describe('the context of an image', () => {
  it('has the environments that the last runs of the jobs used', async () => {
    await addEnvironment('jobs.a', ['an old one']);
    const [first, second] = [
      await addEnvironment('jobs.a', ['pa', 'rts']),
      await addEnvironment('jobs.b', ['b']),
    ];
    const folder = join(fixture.folder, 'image');
    const written = await write(folder);
    expect(written).toEqual({
      keys: [first.key, second.key].toSorted(),
      baseImage: 'registry.example.com/runner:3.13',
    });
    expect((await readdir(folder)).toSorted()).toEqual(
      [
        'Containerfile',
        'environment_archive.py',
        'environments.json',
        `${first.key}.tar.gz`,
        `${second.key}.tar.gz`,
      ].toSorted(),
    );
    expect(await readFile(join(folder, `${first.key}.tar.gz`), 'utf8')).toBe('parts');
    expect(JSON.parse(await readFile(join(folder, 'environments.json'), 'utf8'))).toContainEqual({
      key: first.key,
      unpacked_bytes: 5,
      sha256: first.archive.sha256,
    });
    expect(await readFile(join(folder, 'Containerfile'), 'utf8')).toMatch(
      /^FROM registry.example.com\/runner:3.13\n/,
    );
  });

  it('cannot be written without archives, of a damaged one, and for several versions of Python', async () => {
    await expect(write(join(fixture.folder, 'none'))).rejects.toThrow(/has no environments as archives/);
    const { archive } = await addEnvironment('jobs.a', ['parts']);
    await fixture.blobs.put(archivePartKey(archive.id, 0), Buffer.from('other'));
    await expect(write(join(fixture.folder, 'damaged'))).rejects.toThrow(/is damaged/);
    await addEnvironment('jobs.b', ['b'], '3.12');
    await expect(write(join(fixture.folder, 'two'))).rejects.toThrow(/use Python 3.1[23] and 3.1[23]/);
  });
});
