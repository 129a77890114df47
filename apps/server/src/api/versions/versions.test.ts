import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ArchiveContent } from '../../../../../testing/fixtures/workspace-archive.ts';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { plainRequirements } from '../../services/testing/workspace-fixture.ts';
import { listAuditEntries } from '../../services/testing/audit-entries.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
});

const grantFor = (kind: 'deployment' | 'configuration') => ({
  principal: context.owner.principal,
  workspaceId: context.workspace.id,
  kind,
  uploadId: randomUUID(),
});

async function deployCode(files: Record<string, ArchiveContent>, requirements: unknown = plainRequirements) {
  const archivePath = join(api.folder, `${randomUUID()}.tar.gz`);
  await writeFile(archivePath, buildArchive(files));
  const upload = { grant: grantFor('deployment'), archivePath, requirements, requirementsSizeBytes: 2 };
  return api.services.uploadPackage.uploadDeployment(upload);
}

async function configure(files: Record<string, string>) {
  const archive = buildArchive(files);
  return api.services.uploadPackage.uploadConfiguration({
    grant: grantFor('configuration'),
    archive,
  });
}

interface InjectOptions {
  caller?: TestCaller;
  method?: 'GET' | 'POST' | 'PUT';
  payload?: object;
}

function inject(path: string, { caller = context.owner, method = 'GET', payload }: InjectOptions = {}) {
  const url = `/pumphouse/v1/workspaces/${context.workspace.id}/${path}`;
  const headers = { authorization: `Bearer ${caller.key}` };
  return api.app.inject({ method, url, headers, ...(payload && { payload }) });
}

async function ask<Id extends JsonOperationId>(id: Id, path: string): Promise<RouteResponse<Id>> {
  return readAnswer(id, await inject(path));
}

const inRole = (role: 'viewer' | 'developer') =>
  api.createCaller({ id: context.organization.id, role: 'member' }, { id: context.workspace.id, role });

describe('the tags of a deployment', () => {
  const tagsOf = ({ id }: { id: string }) => ask('get_deployment_tags', `deployments/${id}/tags`);

  it('are read from its deployment module', async () => {
    const module = '# Orders\nimport jobs\n\n__all__ = ["jobs"]\n__tags__ = ["prod", "finance"]\n';
    const tagged = await deployCode({
      '__deployment__.py': module,
      'lib/__deployment__.py': '__tags__ = "no"',
    });
    const bare = await deployCode({ 'a.py': '__tags__ = ["no"]' });
    const back = await inject(`deployments/${tagged.id}/-roll-back`, { method: 'POST' });
    expect(await tagsOf(tagged)).toEqual({
      deployment_id: tagged.id,
      version: 1,
      tags: ['prod', 'finance'],
      problem: null,
    });
    expect(await tagsOf(bare)).toMatchObject({ version: 2, tags: [], problem: null });
    expect(await tagsOf(back.json())).toMatchObject({ version: 3, tags: ['prod', 'finance'] });
  });

  it('are empty, with a reason, if only running the code would produce them', async () => {
    const computed = await deployCode({ '__deployment__.py': '__tags__ = [env["STAGE"]]' });
    const huge = await deployCode({ '__deployment__.py': `__tags__ = ["a"]\n${'#'.repeat(256 * 1024)}` });
    const link = await deployCode({ '__deployment__.py': { link: 'a.py' }, 'a.py': '__tags__ = ["a"]' });
    expect(await tagsOf(computed)).toMatchObject({
      tags: [],
      problem: 'line 1 does not set it to a list of plain strings',
    });
    expect(await tagsOf(huge)).toMatchObject({ tags: [], problem: 'the file has more than 256 KiB' });
    expect(await tagsOf(link)).toMatchObject({ tags: [], problem: null });
  });
});

describe('the comparison of deployments', () => {
  it('lists the files that changed since the previous version, and counts the others', async () => {
    const first = await deployCode({
      'a.py': 'x = 1',
      'b.py': 'y',
      'gone.py': '',
      'ln.py': { link: 'a.py' },
    });
    const second = await deployCode(
      { 'a.py': 'x = 22', 'b.py': 'y', 'ln.py': { link: 'b.py' }, 'new.py': 'n' },
      { ...plainRequirements, python_version: '3.13' },
    );
    const compared = await ask('compare_deployments', `deployments/${second.id}/changes`);
    expect(compared).toMatchObject({
      base: { id: first.id, version: 1 },
      target: { id: second.id, version: 2 },
      counts: { added: 1, removed: 1, changed: 2, unchanged: 1 },
      requirements_changed: true,
    });
    const files = compared.files.map(({ path, change, before, after }) => [
      path,
      change,
      before?.size_bytes,
      after?.size_bytes,
      after?.linkname,
    ]);
    expect(files).toEqual([
      ['a.py', 'changed', 5, 6, null],
      ['gone.py', 'removed', 0, undefined, undefined],
      ['ln.py', 'changed', 0, 0, 'b.py'],
      ['new.py', 'added', undefined, 1, null],
    ]);
    const all = await ask('compare_deployments', `deployments/${second.id}/changes?include_unchanged=true`);
    expect(all.files.map(({ path }) => path)).toEqual(['a.py', 'b.py', 'gone.py', 'ln.py', 'new.py']);
  });

  it('compares with any version, and the first version with nothing', async () => {
    const first = await deployCode({ 'a.py': 'x = 1' });
    await deployCode({ 'a.py': 'x = 2' });
    const third = await deployCode({ 'a.py': 'x = 1', 'b.py': '' });
    const backwards = `deployments/${first.id}/changes?base_id=${third.id}`;
    expect(await ask('compare_deployments', backwards)).toMatchObject({
      base: { version: 3 },
      target: { version: 1 },
      requirements_changed: false,
      counts: { added: 0, removed: 1, changed: 0, unchanged: 1 },
    });
    expect(await ask('compare_deployments', `deployments/${first.id}/changes`)).toMatchObject({
      base: null,
      counts: { added: 1, removed: 0, changed: 0, unchanged: 0 },
    });
  });

  it('compares with an older version if the previous one was removed', async () => {
    await deployCode({ 'a.py': 'x = 1' });
    const second = await deployCode({ 'a.py': 'x = 2' });
    const third = await deployCode({ 'a.py': 'x = 1' });
    await api.testDatabase.database.execute('delete from deployments where id = $1', [second.id]);
    expect(await ask('compare_deployments', `deployments/${third.id}/changes`)).toMatchObject({
      base: { version: 1 },
      counts: { changed: 0, unchanged: 1 },
    });
  });

  it('shows the changed text of one file', async () => {
    await deployCode({ 'lib/a.py': 'one\ntwo\n', 'z.py': '' });
    const { id } = await deployCode({ 'lib/a.py': 'one\n2\nthree', 'z.py': '' });
    const compared = await ask('compare_deployment_file', `deployments/${id}/changes/file?path=lib%2Fa.py`);
    expect(compared).toMatchObject({
      outcome: 'compared',
      file: { path: 'lib/a.py', change: 'changed', before: { size_bytes: 8 }, after: { size_bytes: 11 } },
    });
    const line = (
      kind: string,
      old_number: number | null,
      new_number: number | null,
      text: string,
      open = false,
    ) => ({
      kind,
      old_number,
      new_number,
      text,
      no_newline_at_end: open,
    });
    expect(compared.hunks).toEqual([
      {
        old_start: 1,
        old_lines: 2,
        new_start: 1,
        new_lines: 3,
        lines: [
          line('context', 1, 1, 'one'),
          line('removed', 2, null, 'two'),
          line('added', null, 2, '2'),
          line('added', null, 3, 'three', true),
        ],
      },
    ]);
    expect(await ask('compare_deployment_file', `deployments/${id}/changes/file?path=z.py`)).toMatchObject({
      outcome: 'compared',
      file: { change: 'unchanged' },
      hunks: [],
    });
  });

  it('shows a whole file that was added or removed', async () => {
    const first = await deployCode({ 'a.py': 'x\n' });
    const url = `deployments/${first.id}/changes/file?path=a.py`;
    expect((await ask('compare_deployment_file', url)).hunks).toMatchObject([
      { old_lines: 0, lines: [{ kind: 'added', text: 'x' }] },
    ]);
    const second = await deployCode({ 'b.py': 'x\n' });
    const gone = `deployments/${second.id}/changes/file?path=a.py`;
    expect((await ask('compare_deployment_file', gone)).hunks).toMatchObject([
      { new_lines: 0, lines: [{ kind: 'removed', text: 'x' }] },
    ]);
  });

  it('reports that it does not compare a binary file, a large file or a link', async () => {
    const files = {
      'bin.dat': Buffer.from([1, 0, 2]),
      'latin.txt': Buffer.from([0xe9]),
      'ln.py': { link: 'a.py' },
    };
    const { id } = await deployCode({ ...files, 'a.py': '', 'large.csv': '1,2\n'.repeat(150_000) });
    for (const [path, outcome] of [
      ['bin.dat', 'binary'],
      ['latin.txt', 'binary'],
      ['ln.py', 'link'],
      ['large.csv', 'too_large'],
    ]) {
      const compared = await ask('compare_deployment_file', `deployments/${id}/changes/file?path=${path}`);
      expect([path, compared.outcome, compared.hunks]).toEqual([path, outcome, []]);
    }
  });

  it('is 404 for a file in neither version, and for a version of another workspace', async () => {
    const { id: elsewhere } = await deployCode({ 'a.py': '' });
    context = await api.createWorkspaceFixture();
    const { id } = await deployCode({ 'a.py': '' });
    for (const path of [
      `deployments/${id}/changes/file?path=..%2Fmanifest.yaml`,
      `deployments/${elsewhere}/changes`,
      `deployments/${id}/changes?base_id=${elsewhere}`,
      `deployments/${id}/changes/file?path=a.py&base_id=${elsewhere}`,
    ]) {
      const response = await inject(path);
      expect([path, response.statusCode, response.json<{ code: string }>().code]).toEqual([
        path,
        404,
        'not_found',
      ]);
    }
  });

  it('shows file names to viewers, and contents to developers', async () => {
    const { id } = await deployCode({ 'a.py': 'secret of the house' });
    const viewer = await inRole('viewer');
    expect((await inject(`deployments/${id}/changes`, { caller: viewer })).statusCode).toBe(200);
    const refused = await inject(`deployments/${id}/changes/file?path=a.py`, { caller: viewer });
    expect([refused.statusCode, refused.body]).toEqual([403, expect.not.stringContaining('house')]);
    const caller = await inRole('developer');
    expect((await inject(`deployments/${id}/changes/file?path=a.py`, { caller })).statusCode).toBe(200);
  });
});

describe('the comparison of configurations', () => {
  const secretFiles = (password: string) => ({
    'config.toml': `[runtime]\nlevel = "INFO"\n[sources.crm]\napi_key = "in-config-${password}"\n`,
    'prod.secrets.toml': `# was "old-${password}"\n[destination.credentials]\npassword = "${password}"\npin = 1234\n`,
  });

  it('shows that a secret changed, and nothing else about it', async () => {
    await configure(secretFiles('hunter-one'));
    const { id } = await configure(secretFiles('hunter-number-two'));
    const overview = await inject(`configurations/${id}/changes`);
    expect(readAnswer('compare_configurations', overview)).toMatchObject({
      counts: { added: 0, removed: 0, changed: 2, unchanged: 0 },
      files: [
        { path: 'config.toml', change: 'changed' },
        { path: 'prod.secrets.toml', change: 'changed' },
      ],
    });
    expect(overview.body).not.toMatch(/size|sha3|hash/);
    const secrets = await inject(`configurations/${id}/changes/file?path=prod.secrets.toml`);
    expect(readAnswer('compare_configuration_file', secrets)).toMatchObject({
      outcome: 'compared',
      settings: [
        { key: 'destination.credentials.password', change: 'changed', before: '******', after: '******' },
      ],
    });
    const config = await inject(`configurations/${id}/changes/file?path=config.toml`);
    expect(readAnswer('compare_configuration_file', config)).toMatchObject({
      settings: [{ key: 'sources.crm.api_key', before: '******', after: '******' }],
    });
    for (const answer of [overview, secrets, config]) expect(answer.body).not.toMatch(/hunter|1234/);
  });

  it('shows nothing of a secrets file that is not valid TOML', async () => {
    await configure({ 'secrets.prod.toml': 'password = "hunter-one"' });
    const { id } = await configure({ 'secrets.prod.toml': 'password = "hunter-two' });
    const response = await inject(`configurations/${id}/changes/file?path=secrets.prod.toml`);
    expect(readAnswer('compare_configuration_file', response)).toMatchObject({
      file: { change: 'changed' },
      outcome: 'unparsable',
      settings: [],
    });
    expect(response.body).not.toContain('hunter');
  });

  it('masks a secrets file under its other name, and one that is added or removed', async () => {
    await configure({ 'secrets.prod.toml': 'pin = 1234' });
    const { id } = await configure({ 'prod.secrets.toml': 'pin = 5678' });
    for (const [path, change] of [
      ['secrets.prod.toml', 'removed'],
      ['prod.secrets.toml', 'added'],
    ]) {
      const response = await inject(`configurations/${id}/changes/file?path=${path}`);
      expect(readAnswer('compare_configuration_file', response)).toMatchObject({
        settings: [{ key: 'pin', change }],
      });
      expect(response.body).not.toMatch(/1234|5678/);
    }
  });

  it('is for developers', async () => {
    const { id } = await configure({ 'config.toml': 'a = 1' });
    const viewer = await inRole('viewer');
    expect((await inject(`configurations/${id}/changes`, { caller: viewer })).statusCode).toBe(200);
    const refused = await inject(`configurations/${id}/changes/file?path=config.toml`, { caller: viewer });
    expect(refused.statusCode).toBe(403);
  });
});

describe('a rollback', () => {
  it('returns the new version, created by the caller', async () => {
    const first = await deployCode({ 'a.py': 'x = 1' });
    await deployCode({ 'a.py': 'x = 2' });
    const caller = await inRole('developer');
    const path = `deployments/${first.id}/-roll-back`;
    const response = await inject(path, { caller, method: 'POST' });
    expect(response.statusCode).toBe(201);
    const body = readAnswer('roll_back_deployment', response);
    expect(body).toMatchObject({
      version: 3,
      content_hash: first.contentHash,
      created_by: caller.membershipId,
    });
    const again = await inject(path, { caller, method: 'POST' });
    expect([again.statusCode, again.json<{ code: string }>().code]).toEqual([409, 'content_is_latest']);
    expect(
      await ask('compare_deployments', `deployments/${body.id}/changes?base_id=${first.id}`),
    ).toMatchObject({
      counts: { added: 0, removed: 0, changed: 0, unchanged: 1 },
    });
  });

  it('also works for configurations, which are encrypted again for the new version', async () => {
    const first = await configure({ 'secrets.toml': 'a = "of-old"' });
    const second = await configure({ 'secrets.toml': 'a = "of-new"' });
    const response = await inject(`configurations/${first.id}/-roll-back`, { method: 'POST' });
    const body = readAnswer('roll_back_configuration', response);
    expect(body).toMatchObject({ version: 3, content_hash: first.contentHash });
    const url = `configurations/${body.id}/changes/file?path=secrets.toml&base_id=`;
    expect((await ask('compare_configuration_file', `${url}${second.id}`)).settings).toHaveLength(1);
    expect((await ask('compare_configuration_file', `${url}${first.id}`)).settings).toEqual([]);
  });

  it('is denied to viewers', async () => {
    const { id } = await deployCode({ 'a.py': 'x = 1' });
    await deployCode({ 'a.py': 'x = 2' });
    const response = await inject(`deployments/${id}/-roll-back`, {
      caller: await inRole('viewer'),
      method: 'POST',
    });
    expect(response.statusCode).toBe(403);
    expect((await api.persistence.store.deployments.latest(context.workspace.id))?.version).toBe(2);
  });
});

describe('the message of a deployment', () => {
  const setMessage = (id: string, message: unknown, caller?: TestCaller) =>
    inject(`deployments/${id}/message`, { method: 'PUT', payload: { message }, ...(caller && { caller }) });
  const readMessages = async () =>
    (await ask('list_deployment_overviews', 'deployments')).items.map(({ message }) => message);
  const readEntries = () =>
    listAuditEntries(api.persistence.store, {
      workspaceId: context.workspace.id,
      actions: ['deployment.set-message'],
    });

  it('is set by a developer, replaced and removed, and shown with its version', async () => {
    const first = await deployCode({ 'a.py': 'x = 1' });
    await deployCode({ 'a.py': 'x = 2' });
    const developer = await inRole('developer');
    const response = await setMessage(first.id, '  Load by day\n\nIt was too slow. ', developer);
    const message = 'Load by day\n\nIt was too slow.';
    expect(readAnswer('set_deployment_message', response)).toMatchObject({ version: 1, message });
    expect(await readMessages()).toEqual([null, message]);
    expect(await ask('get_deployment_overview', `deployments/${first.id}`)).toMatchObject({ message });
    await setMessage(first.id, 'Load by hour');
    expect(await readMessages()).toEqual([null, 'Load by hour']);
    await setMessage(first.id, null);
    expect(await readMessages()).toEqual([null, null]);
  });

  it('is recorded in the audit log when it changes', async () => {
    const { id } = await deployCode({ 'a.py': 'x = 1' });
    await setMessage(id, 'Load by day');
    await setMessage(id, 'Load by day');
    expect(await readEntries()).toMatchObject([
      { targetId: id, targetName: 'version 1', before: { message: null }, after: { message: 'Load by day' } },
    ]);
  });

  it('does not pass to the version that a rollback creates', async () => {
    const { id } = await deployCode({ 'a.py': 'x = 1' });
    await deployCode({ 'a.py': 'x = 2' });
    await setMessage(id, 'Load by day');
    await inject(`deployments/${id}/-roll-back`, { method: 'POST' });
    expect(await readMessages()).toEqual([null, null, 'Load by day']);
  });

  it('is denied to viewers, in archived workspaces, and for versions of other workspaces', async () => {
    const { id } = await deployCode({ 'a.py': 'x = 1' });
    expect((await setMessage(id, 'Mine', await inRole('viewer'))).statusCode).toBe(403);
    const elsewhere = context;
    context = await api.createWorkspaceFixture();
    expect((await setMessage(id, 'Mine')).statusCode).toBe(404);
    context = elsewhere;
    await api.services.workspaces.archive(context.workspace.id);
    expect((await setMessage(id, 'Mine')).statusCode).toBe(409);
    expect(await readMessages()).toEqual([null]);
    expect(await readEntries()).toEqual([]);
  });

  it.each([
    ['an empty text', ' \n'],
    ['a text of more than 500 characters', 'x'.repeat(501)],
    ['a NUL character', 'a\0b'],
    ['a number', 7],
  ])('is not %s', async (_, message) => {
    const { id } = await deployCode({ 'a.py': 'x = 1' });
    expect((await setMessage(id, message)).statusCode).toBe(400);
    expect((await setMessage(id, 'x'.repeat(500))).statusCode).toBe(200);
  });
});

describe('the download of an archive', () => {
  const refusal = async (path: string, caller: TestCaller) => {
    const response = await inject(path, { caller });
    return [response.statusCode, response.json<{ code: string }>().code];
  };

  it('returns the code as it was uploaded, to developers', async () => {
    const files = { 'a.py': 'x = 1', 'data.bin': new Uint8Array([0, 255, 31, 139]) };
    const { id } = await deployCode(files);
    const path = `deployments/${id}/archive`;
    const response = await inject(path, { caller: await inRole('developer') });
    expect(response.statusCode).toBe(200);
    expect(response.rawPayload).toEqual(buildArchive(files));
    expect(response.headers).toMatchObject({
      'content-type': 'application/gzip',
      'content-disposition': 'attachment; filename="W-deployment-1.tar.gz"',
      'x-content-type-options': 'nosniff',
    });
    expect(await refusal(path, await inRole('viewer'))).toEqual([403, 'forbidden']);
  });

  it('returns a configuration with its secrets only to owners, and records that', async () => {
    await configure({ 'config.toml': 'a = 1' });
    const files = { 'secrets.toml': 'password = "of-old"' };
    const { id } = await configure(files);
    const path = `configurations/${id}/archive`;
    expect(await refusal(path, await inRole('viewer'))).toEqual([403, 'forbidden']);
    expect(await refusal(path, await inRole('developer'))).toEqual([403, 'forbidden']);
    const entries = () =>
      listAuditEntries(api.persistence.store, {
        workspaceId: context.workspace.id,
        actions: ['configuration.download'],
      });
    expect(await entries()).toEqual([]);
    const response = await inject(path);
    expect(response.rawPayload).toEqual(buildArchive(files));
    expect(response.headers).toMatchObject({
      'content-disposition': 'attachment; filename="W-configuration-2.tar.gz"',
      'cache-control': 'no-store',
    });
    const [entry, ...others] = await entries();
    expect(entry).toMatchObject({
      targetKind: 'configuration',
      targetId: id,
      targetName: 'version 2',
      actorUserId: context.owner.userId,
    });
    expect(others).toEqual([]);
    expect(JSON.stringify(entry)).not.toContain('of-old');
  });

  it('is an error for versions of other workspaces, and after retention has removed it', async () => {
    const code = await deployCode({ 'a.py': 'x = 1' });
    const configuration = await configure({ 'secrets.toml': 'a = "of-old"' });
    const other = await api.createWorkspaceFixture();
    for (const path of [`deployments/${code.id}/archive`, `configurations/${configuration.id}/archive`]) {
      const url = `/pumphouse/v1/workspaces/${other.workspace.id}/${path}`;
      const elsewhere = await api.app.inject({
        url,
        headers: { authorization: `Bearer ${other.owner.key}` },
      });
      expect([elsewhere.statusCode, elsewhere.json<{ code: string }>().code]).toEqual([404, 'not_found']);
    }
    for (const [table, id] of [
      ['deployments', code.id],
      ['configurations', configuration.id],
    ] as const) {
      await setColumns(api.testDatabase.database, table, { archiveRemovedAt: new Date() }, { id });
      expect(await refusal(`${table}/${id}/archive`, context.owner)).toEqual([404, 'archive_removed']);
    }
  });
});
