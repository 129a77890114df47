import type { ApiFixture } from '../testing/api-fixture.ts';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { CONFIGURATION_LIMITS } from '../../archives/configuration-archive.ts';
import { createApiFixture, maxUploadBytes } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let url: string;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
  context = await api.createWorkspaceFixture();
});
afterAll(() => api.close());
afterEach(async () => {
  await expect.poll(() => readdir(api.uploadDir)).toEqual([]);
});

const requirements = {
  engine_version: 2,
  python_version: '3.11',
  dlt_version: { name: 'dlt', extras: [], version: '1.31.0', mode: 'pypi' },
  default_groups: ['main'],
  groups: { main: ['requests'] },
  launcher_requirements: {},
};

async function issue(kind: 'deployment' | 'configuration') {
  const response = await fetch(`${url}/api/v1/workspaces/${context.workspace.id}/${kind}s/-issue-upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${context.owner.key}` },
  });
  return (await response.json()) as { upload_token: string; upload_url: string; [key: string]: string };
}

type Parts = Record<string, Uint8Array | string>;

async function upload(issued: { upload_token: string; upload_url: string }, parts: Parts) {
  const form = new FormData();
  for (const [name, content] of Object.entries(parts)) {
    form.append(
      name,
      new Blob([typeof content === 'string' ? content : Buffer.from(content)]),
      `${name}.bin`,
    );
  }
  const headers = { authorization: `Bearer ${issued.upload_token}` };
  const response = await fetch(issued.upload_url, { method: 'POST', headers, body: form });
  const body = await response.text();
  return { statusCode: response.status, body, json: () => JSON.parse(body) as unknown };
}

const code = () => buildArchive({ 'a.py': 'print(1)\n' });

describe('an upload', () => {
  it('creates the next deployment, with the issued id', async () => {
    for (const version of [1, 2]) {
      const issued = await issue('deployment');
      const archive = code();
      const json = JSON.stringify(requirements);
      const response = await upload(issued, { file: archive, requirements_file: json });
      expect(response.statusCode).toBe(200);
      expect(readAnswer('upload_deployment', response)).toMatchObject({
        id: issued['deployment_id'],
        version,
        file_count: 1,
        size_bytes: archive.length,
        requirements_size_bytes: json.length,
        created_by: context.owner.membershipId,
      });
    }
  });

  it('creates the next configuration, whatever the order of its parts and whatever other parts it has', async () => {
    const issued = await issue('configuration');
    const archive = buildArchive({ 'prod.config.toml': 'a = 1\n' });
    const response = await upload(issued, { other: 'ignored', file: archive });
    expect(response.statusCode, response.body).toBe(200);
    expect(readAnswer('upload_configuration', response)).toMatchObject({
      id: issued['configuration_id'],
      version: 1,
      profiles: ['prod'],
    });
  });

  it('is accepted once', async () => {
    const issued = await issue('deployment');
    const parts = { file: code(), requirements_file: JSON.stringify(requirements) };
    expect((await upload(issued, parts)).statusCode).toBe(200);
    expect((await upload(issued, parts)).json()).toMatchObject({ code: 'upload_already_received' });
  });

  it.each([
    ['no archive', () => ({ requirements_file: '{}' }), 400, 'invalid_request', 'file'],
    ['no requirements', () => ({ file: code() }), 400, 'invalid_request', 'requirements_file'],
    [
      'requirements that are no JSON',
      () => ({ file: code(), requirements_file: '{' }),
      400,
      'invalid_request',
      'requirements_file',
    ],
    [
      'an archive that is too large',
      () => ({ file: new Uint8Array(maxUploadBytes + 1), requirements_file: '{}' }),
      413,
      'upload_too_large',
      'file',
    ],
  ])('rejects %s', async (_, parts, status, code, key) => {
    const response = await upload(await issue('deployment'), parts());
    expect(response.statusCode).toBe(status);
    expect(response.json()).toMatchObject({ code, status_code: status, extra: [{ key }] });
  });

  it.each([
    ['requirements.txt', { 'requirements.txt': 'dlt==1.31.0\n  -r base.txt\n' }, 'requirements.txt:2:3: '],
    ['requirements.in', { 'requirements.in': 'dlt==1.31.0\nrequests=2\n' }, 'requirements.in:2:9: '],
  ])('whose client left out a line of %s is rejected with its place', async (_, files, place) => {
    const parts = (main: string[]) => ({
      file: buildArchive(files),
      requirements_file: JSON.stringify({ ...requirements, groups: { main } }),
    });
    const response = await upload(await issue('deployment'), parts(['dlt==1.31.0']));
    expect(response.statusCode).toBe(400);
    const detail = expect.stringMatching(new RegExp(`^${place}.* Write `)) as string;
    expect(response.json()).toMatchObject({ code: 'invalid_requirements', detail });
    const resolved = parts(['dlt==1.31.0', 'requests==2.32.0']);
    expect((await upload(await issue('deployment'), resolved)).statusCode).toBe(200);
  });

  it('with an option of an installer is rejected, also in a file that a resolver has followed', async () => {
    const files = { 'requirements.txt': 'dlt\n-r base.txt\n', 'base.txt': 'acme\n  --extra-index-url x\n' };
    const main = ['acme==1.0', 'dlt==1.31.0'];
    const response = await upload(await issue('deployment'), {
      file: buildArchive(files),
      requirements_file: JSON.stringify({ ...requirements, groups: { main } }),
    });
    expect(response.statusCode).toBe(400);
    const detail = expect.stringMatching(/^base\.txt:2:3: .*private-indexes\.md/) as string;
    expect(response.json()).toMatchObject({ code: 'invalid_requirements', detail });
  });

  it.each([
    [{}, ['polars', 'altair']],
    [{ 'uv.lock': 'version = 1\n' }, ['polars']],
  ])('gets the groups that its client has not included, beside %j', async (lock, reports) => {
    const pyproject =
      '[dependency-groups]\nreports = ["polars", {include-group = "plots"}]\nplots = ["altair"]\n';
    const groups = { main: [], reports: ['polars'], plots: ['altair'] };
    const response = await upload(await issue('deployment'), {
      file: buildArchive({ 'pyproject.toml': pyproject, ...lock }),
      requirements_file: JSON.stringify({ ...requirements, groups }),
    });
    expect(response.statusCode).toBe(200);
    const stored = await api.persistence.store.deployments.latest(context.workspace.id);
    expect(stored?.requirements).toMatchObject({ groups: { ...groups, reports } });
  });

  it('that is too large is rejected with the limit, its setting, .gitignore and the largest files', async () => {
    const file = buildArchive({
      'a.py': 'print(1)\n',
      'data/orders.parquet': randomBytes(maxUploadBytes),
      'data/evil\u001b[2J".bin': randomBytes(100),
    });
    const response = await upload(await issue('deployment'), { file, requirements_file: '{}' });
    expect(response.statusCode).toBe(413);
    const { detail } = response.json() as { detail: string };
    expect(detail).toMatch(
      /^The (upload has \d+(\.\d)? kB; the limit of this server is|archive has more than) 64 kB/,
    );
    expect(detail).toContain('The largest files of what was read: "data/orders.parquet" (64 kB), ');
    expect(detail).toContain('.gitignore');
    expect(detail).toContain('raise PUMPHOUSE_MAX_UPLOAD_MB on the server');
    expect(detail).not.toContain('\u001b');
  });

  it.each<[string, () => Buffer, RegExp[]]>([
    [
      'unpacks to too much',
      () => buildArchive({ 'a.py': '', 'zeros.bin': new Uint8Array(1024 * 1024) }),
      [/unpacks to more than 1 MB/, /"zeros.bin" \(1 MB\)/, /PUMPHOUSE_MAX_UNPACKED_MB/, /\.gitignore/],
    ],
    [
      'has too many files',
      () =>
        buildArchive(Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`lib/${index}.py`, '']))),
      [/more than 100 files/, /Most files are in "lib" \(100\)/, /\.gitignore/],
    ],
  ])('names the largest files in an archive that %s', async (_, build, texts) => {
    const parts = { file: build(), requirements_file: JSON.stringify(requirements) };
    const response = await upload(await issue('deployment'), parts);
    expect(response.statusCode).toBe(413);
    const { detail } = response.json() as { detail: string };
    for (const text of texts) expect(detail).toMatch(text);
  });

  it('of a configuration that is too large is rejected without mentioning .gitignore', async () => {
    const file = new Uint8Array(CONFIGURATION_LIMITS.maxBytes + 1);
    const response = await upload(await issue('configuration'), { file });
    expect(response.statusCode).toBe(413);
    expect(response.json()).toMatchObject({
      code: 'upload_too_large',
      detail: 'The part "file" of the upload has more than 4 MB, the limit of this server.',
    });
  });

  it('lets a client that only sends receive the response', async () => {
    const parts = { file: new Uint8Array(32 * 1024 * 1024), requirements_file: '{}' };
    expect((await upload(await issue('deployment'), parts)).json()).toMatchObject({
      code: 'upload_too_large',
    });
  });

  it('rejects an invalid archive with the reason from its check', async () => {
    const parts = { file: 'hello', requirements_file: JSON.stringify(requirements) };
    const response = await upload(await issue('deployment'), parts);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'archive_invalid', detail: expect.any(String) as string });
  });

  it.each([
    'application/json',
    'multipart/form-data',
    'multipart/form-data; boundary',
    'multipart/form-data; charset=utf-8',
    'multipart/mixed; boundary=x',
  ])('rejects %s in place of files', async (type) => {
    for (const kind of ['deployment', 'configuration'] as const) {
      const issued = await issue(kind);
      const headers = { authorization: `Bearer ${issued.upload_token}`, 'content-type': type };
      const response = await fetch(issued.upload_url, { method: 'POST', headers, body: '{}' });
      expect(await response.json()).toMatchObject({ code: 'unsupported_media_type', status_code: 415 });
      expect(response.status).toBe(415);
    }
  });

  it.each([
    ['a body without an end', 'xx', '--xx\r\nnothing--xx--\r\n', 400],
    [
      'a part without an end',
      'xx',
      '--xx\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na',
      400,
    ],
    ['a boundary that is too long', 'x'.repeat(300), '', 415],
  ])('rejects %s', async (_name, boundary, body, status) => {
    for (const kind of ['deployment', 'configuration'] as const) {
      const issued = await issue(kind);
      const type = `multipart/form-data; boundary=${boundary}`;
      const headers = { authorization: `Bearer ${issued.upload_token}`, 'content-type': type };
      const response = await fetch(issued.upload_url, { method: 'POST', headers, body });
      expect(response.status, await response.text()).toBe(status);
    }
    expect(await readdir(api.uploadDir)).toEqual([]);
  });

  it('leaves nothing behind when the client disconnects', async () => {
    const issued = await issue('deployment');
    const sent = request(issued.upload_url, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${issued.upload_token}`,
        'content-type': 'multipart/form-data; boundary=xx',
        'content-length': 50_000,
      },
    });
    sent.on('error', () => undefined);
    sent.write('--xx\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n');
    sent.write(Buffer.alloc(10_000));
    await expect.poll(() => readdir(api.uploadDir)).toHaveLength(1);
    sent.destroy();
    await expect.poll(() => readdir(api.uploadDir)).toEqual([]);
  });
});
