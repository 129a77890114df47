import { describe, expect, it } from 'vitest';
import { buildOlderArchive, hashOlder, olderCode, useOlderClient } from './testing/use-older-client.ts';
import { buildArchive } from '../../../../testing/fixtures/workspace-archive.ts';

const older = useOlderClient();
const { ask, send, upload, uploadBoth } = older;

const requirements = JSON.stringify({
  engine_version: 1,
  python_version: '3.11',
  groups: { main: ['dlt==1.27.0'] },
});

describe('an upload', () => {
  it('without hashes and requirements is stored with both', async () => {
    const sent = await upload('deployments', { file: buildOlderArchive(olderCode) });
    expect([sent.status, sent.body]).toMatchObject([
      201,
      { version: 1, file_count: 3, content_hash: hashOlder(olderCode) },
    ]);
    const files = await ask('GET', 'deployments/latest/files');
    expect(files).toMatchObject({
      engine_version: 1,
      files: [
        { relative_path: 'a/deep.py', size_in_bytes: 9, sha3_256: expect.any(String) as string },
        {},
        {},
      ],
    });
    const latest = await older.api.persistence.store.deployments.latest(older.context.workspace.id);
    expect(latest?.requirements).toMatchObject({ groups: { main: ['dlt==1.27.0'] } });
  });

  it('with the files of the latest version is that version, whatever the client', async () => {
    const early = { file: buildOlderArchive(olderCode) };
    const late = { files: buildArchive(olderCode), requirements };
    const first = await upload('deployments', early);
    for (const parts of [early, late, early]) {
      const again = await upload('deployments', parts);
      expect([again.status, again.body]).toMatchObject([201, { id: first.body['id'], version: 1 }]);
      // The client recognizes what it sent.
      const content_hash = again.body['content_hash'];
      expect(await ask('GET', 'deployments/latest')).toMatchObject({ content_hash });
      expect(await ask('GET', 'deployments')).toMatchObject({ items: [{ content_hash }] });
    }
    const { contentHash } =
      (await older.api.persistence.store.deployments.latest(older.context.workspace.id)) ?? {};
    expect((await upload('deployments', late)).body['content_hash']).toBe(contentHash);
    expect((await upload('deployments', { file: buildOlderArchive({ 'b.py': '' }) })).body['version']).toBe(
      2,
    );
  });

  it('of configuration leaves out what stays on the machine of the user', async () => {
    const files = {
      'config.toml': 'a = 1\n',
      'dev.secrets.toml': 'b = "2"\n',
      'prod.config.toml': '',
      'sub/config.toml': '',
    };
    const sent = await upload('configurations', { file: buildOlderArchive(files) });
    expect([sent.status, sent.body]).toMatchObject([
      201,
      { version: 1, file_count: 2, profiles: 'prod', content_hash: hashOlder(files) },
    ]);
    const again = await upload('configurations', { file: buildOlderArchive(files) });
    expect(again.body['version']).toBe(1);
    const latest = await ask('GET', 'configurations/latest', { agent: 'python-httpx/0.28' });
    expect(latest).toMatchObject({
      file_names: 'config.toml, prod.config.toml',
      content_hash: hashOlder(files),
    });
    expect(await ask('GET', 'configurations')).toMatchObject({ items: [{ content_hash: hashOlder(files) }] });
  });

  it.each<[what: string, parts: Record<string, Uint8Array | string>, detail: string]>([
    ['no archive', { requirements }, 'The part "file" is missing.'],
    ['requirements that are not JSON', { files: buildArchive(olderCode), requirements: '{' }, 'not JSON'],
    ['an archive that is none', { file: 'x'.repeat(100) }, 'not gzip'],
    ['a broken pyproject.toml', { file: buildOlderArchive({ 'pyproject.toml': '[[' }) }, 'pyproject.toml'],
    [
      'a requirements.txt that refers to another file',
      { file: buildOlderArchive({ 'requirements.txt': 'dlt==1.24.0\n-r base.txt\n' }) },
      'requirements.txt:2:1: the line refers to another file',
    ],
    [
      'requirements that lack a line of requirements.txt',
      { files: buildArchive({ 'requirements.txt': 'dlt==1.27.0\n-r base.txt\n' }), requirements },
      'requirements.txt:2:1: the line refers to another file',
    ],
    [
      'a dependency group that is not there',
      { file: buildOlderArchive({ 'pyproject.toml': '[dependency-groups]\na = [{include-group = "b"}]\n' }) },
      'the dependency group "a" includes the group "b", which is not there',
    ],
  ])('with %s is rejected', async (_, parts, detail) => {
    const { status, body } = await upload('deployments', parts);
    expect([status, body]).toMatchObject([400, { detail: expect.stringContaining(detail) as string }]);
    expect(body).not.toHaveProperty('extra');
  });

  it('is found by number, and missing before the first', async () => {
    expect((await send('GET', 'deployments/latest')).status).toBe(404);
    await uploadBoth();
    for (const kind of ['deployments', 'configurations']) {
      const found = await ask('GET', `${kind}/1`);
      expect(await ask('GET', `${kind}/${String(found['id'])}`)).toEqual(found);
      expect(await ask('GET', `${kind}?limit=100&offset=0`)).toMatchObject({
        total: 1,
        items: [{ version: 1 }],
      });
      for (const named of ['2', '0', 'x']) expect((await send('GET', `${kind}/${named}`)).status).toBe(404);
    }
  });
});
