import type { ApiFixture } from './testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildApi } from '../compose/build-api.ts';
import { buildArchive } from '../../../../testing/fixtures/workspace-archive.ts';
import { createApiFixture, maxUploadBytes } from './testing/api-fixture.ts';
import { createArchiveThreads } from '../services/versions/archive-checks/archive-threads.ts';
import { createUploadPackage } from '../services/versions/upload-package.ts';

const zeros = 40 * 1024 * 1024;
const requirements = {
  engine_version: 2,
  python_version: '3.11',
  default_groups: [],
  groups: {},
  launcher_requirements: {},
};
let api: ApiFixture;
let app: ApiFixture['app'];
let url: string;
let bomb: Buffer;
/** How many threads are computing, and whether they may continue: see `held-worker.ts`. */
let shared: Int32Array;

beforeAll(async () => {
  api = await createApiFixture();
  bomb = buildArchive({ 'zeros.bin': Buffer.alloc(zeros) });
  expect(bomb.length).toBeLessThan(maxUploadBytes);
});
afterAll(() => api.close());
beforeEach(async () => {
  const buffer = new SharedArrayBuffer(8);
  shared = new Int32Array(buffer);
  const { persistence, blobs, encryption, dependencies } = api;
  const uploadPackage = createUploadPackage({
    persistence,
    blobs,
    encryption,
    archiveLimits: {
      maxBytes: maxUploadBytes,
      maxUnpackedBytes: zeros / 2,
      maxEntries: 100,
      maxManifestBytes: 1024 * 1024,
    },
    threads: createArchiveThreads({
      count: 1,
      entry: new URL('../services/versions/archive-checks/testing/held-worker.ts', import.meta.url),
      workerData: buffer,
    }),
  });
  app = buildApi({ ...dependencies, services: { ...dependencies.services, uploadPackage } });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
  return () => app.close();
});

type Scope = Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

async function startUpload({ workspace, owner }: Scope) {
  const issuing = await fetch(`${url}/api/v1/workspaces/${workspace.id}/deployments/-issue-upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${owner.key}` },
  });
  const issued = (await issuing.json()) as { upload_url: string; upload_token: string };
  const body = new FormData();
  body.append('file', new Blob([Buffer.from(bomb)]), 'code.tar.gz');
  body.append('requirements_file', new Blob([JSON.stringify(requirements)]), 'requirements.json');
  const headers = { authorization: `Bearer ${issued.upload_token}` };
  return {
    answer: fetch(issued.upload_url, { method: 'POST', headers, body }).then(async (response) => ({
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: (await response.json()) as { code: string },
    })),
  };
}

const isChecking = () => Atomics.load(shared, 0) > 0;
const release = () => Atomics.store(shared, 1, 1);

describe('uploaded zip bombs', () => {
  it('do not block the server: it responds while they are checked', async () => {
    const places = [await api.createWorkspaceFixture(), await api.createWorkspaceFixture()];
    const uploads = await Promise.all([...Array(4).keys()].flatMap(() => places.map(startUpload)));
    let answered = 0;
    for (const { answer } of uploads) void answer.then(() => (answered += 1));
    await expect.poll(isChecking).toBe(true);
    // The check computes until it is released below. If it ran on the server's thread, these calls would
    // hang.
    for (const path of ['/readyz', '/healthz']) expect((await fetch(`${url}${path}`)).status).toBe(200);
    expect(answered).toBe(0);
    release();
    for (const { answer } of uploads)
      expect(await answer).toMatchObject({ status: 413, body: { code: 'upload_too_large' } });
  });

  it('use up only a few slots of one account, and none of another', async () => {
    const [greedy, other] = [await api.createWorkspaceFixture(), await api.createWorkspaceFixture()];
    const uploads = await Promise.all(Array.from({ length: 8 }, () => startUpload(greedy)));
    const refused: { retryAfter: string | null; body: { code: string } }[] = [];
    for (const { answer } of uploads) void answer.then((one) => one.status === 429 && refused.push(one));
    // The uploads that were not rejected wait for the checking thread.
    await expect.poll(() => refused.length).toBe(2);
    for (const { retryAfter, body } of refused)
      expect({ retryAfter, code: body.code }).toEqual({ retryAfter: '5', code: 'too_many_uploads' });
    const another = await startUpload(other);
    release();
    expect((await another.answer).status).toBe(413);
    const statuses = await Promise.all(uploads.map(async ({ answer }) => (await answer).status));
    expect(statuses.filter((status) => status === 413)).toHaveLength(6);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    // Their slots are free again.
    expect((await (await startUpload(greedy)).answer).status).toBe(413);
  });
});
