/** The commands that manage workspaces, organizations, members, keys, variables and versions. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPumphouse, type CommandOptions } from '../../fixtures/command.ts';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { ownerEmail, startTestServer, type TestServer } from '../../fixtures/server.ts';

let server: TestServer;
let parent: string;
let folder: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pumphouse-command-'));
  folder = join(parent, 'shop');
  await mkdir(join(folder, '.dlt'), { recursive: true });
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  await writeFile(join(folder, '.dlt', 'config.toml'), `# kept\n[runtime]\napi_base_url = "${server.url}"\n`);
});

afterAll(async () => {
  await server.remove();
  await rm(parent, { recursive: true, force: true });
});

/** Runs a command of the owner in the folder. */
async function run(args: readonly string[], options: Partial<CommandOptions> & { code?: number } = {}) {
  const { code = 0, env, ...others } = options;
  const result = await runPumphouse(args, {
    cwd: folder,
    env: { RUNTIME__API_KEY: server.key, ...env },
    ...others,
  });
  if (result.code !== code) {
    throw new Error(`pumphouse ${args.join(' ')}: code ${result.code}\n${result.stdout}${result.stderr}`);
  }
  return result;
}

async function readJson(args: readonly string[]): Promise<unknown> {
  return JSON.parse((await run([...args, '--json'])).stdout);
}

async function readErrorCode(args: readonly string[], code: number): Promise<unknown> {
  const { stderr } = await run([...args, '--json'], { code });
  return JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
}

const errorWith = (code: string) => ({ error: expect.objectContaining({ code }) as unknown });

describe('workspaces', () => {
  it('are created, and the folder is connected; comments of its file stay', async () => {
    await run(['workspace', 'create', 'shop', '--description', 'The shop']);
    const config = await readFile(join(folder, '.dlt', 'config.toml'), 'utf8');
    expect(config).toContain('# kept');
    expect(config).toMatch(/workspace_id = "[0-9a-f-]{36}"/);
    expect(await readJson(['workspace', 'info'])).toMatchObject({
      name: 'shop',
      role: 'owner',
      latest_deployment: null,
    });
  });

  it('are listed, switched and renamed', async () => {
    await run(['workspace', 'create', 'stock', '--no-connect']);
    const listed = await readJson(['workspace', 'list']);
    expect(listed).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'shop', is_connected: true }),
        expect.objectContaining({ name: 'stock', is_connected: false }),
      ]),
    );
    expect((await run(['workspace', 'list'])).stdout).toMatch(/^\* +shop +owner/m);
    await run(['workspace', 'switch', 'stock']);
    await run(['workspace', 'rename', 'stock-eu']);
    expect(await readJson(['workspace', 'info'])).toMatchObject({ name: 'stock-eu' });
    await run(['workspace', 'switch', 'shop']);
  });

  it('are archived after a confirmation only, and restored', async () => {
    expect(await readErrorCode(['workspace', 'archive', 'stock-eu'], 2)).toEqual(errorWith('not_confirmed'));
    await run(['workspace', 'archive', 'stock-eu', '--yes']);
    expect((await run(['workspace', 'list'])).stdout).not.toContain('stock-eu');
    expect((await run(['workspace', 'list', '--archived'])).stdout).toContain('stock-eu');
    await run(['workspace', 'unarchive', 'stock-eu']);
    expect((await run(['workspace', 'list'])).stdout).toContain('stock-eu');
  });

  it('need a name without a terminal, and suggest similar ones', async () => {
    expect(await readErrorCode(['workspace', 'switch'], 2)).toEqual(errorWith('missing_argument'));
    const { stderr } = await run(['workspace', 'switch', 'shops'], { code: 4 });
    expect(stderr).toContain('Did you mean "shop"?');
  });

  it('of an organization without a region get the only one', async () => {
    await run(['org', 'create', 'Data team']);
    await run(['workspace', 'create', 'lake', '--organization', 'Data team', '--no-connect']);
    expect(await readJson(['org', 'info', 'Data team'])).toMatchObject({ dataplane_id: 'local' });
  });
});

describe('organizations', () => {
  it('are listed and renamed', async () => {
    await run(['org', 'rename', 'Data platform', '--organization', 'Data team']);
    expect(await readJson(['org', 'list'])).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'Data platform', role: 'owner' })]),
    );
    expect(await readErrorCode(['org', 'info', 'Data team'], 4)).toEqual(errorWith('organization_not_found'));
  });

  it('have limits, each of which is set alone', async () => {
    await run(['org', 'limits', 'Data platform', '--concurrent-runs', '3', '--minutes-a-month', '500']);
    await run(['org', 'limits', 'Data platform', '--minutes-a-month', 'none']);
    expect(await readJson(['org', 'limits', 'Data platform'])).toMatchObject({
      concurrent_runs: 3,
      minutes_a_month: null,
    });
  });

  it('have usage', async () => {
    expect(await readJson(['org', 'usage'])).toMatchObject({
      total: { failed_run_count: 0 },
      workspaces: [],
    });
    expect((await run(['org', 'usage'])).stdout).toContain('no limit');
  });

  it('have costs', async () => {
    expect(await readJson(['org', 'cost', '--by', 'tag'])).toMatchObject({ currency: null, rows: [] });
    expect((await run(['org', 'cost'])).stdout).toContain('no rates');
  });
});

describe('members', () => {
  it('are listed with the workspace of the option, or those of the organization', async () => {
    expect(await readJson(['member', 'list'])).toMatchObject([{ email: ownerEmail, role: 'owner' }]);
    expect(await readJson(['member', 'list', '--workspace', 'shop'])).toMatchObject([
      { email: ownerEmail, own_role: 'owner' },
    ]);
  });

  it('are invited with a link, which alone goes to standard output', async () => {
    const { stdout, stderr } = await run([
      'member',
      'invite',
      'ana@example.com',
      '--grant',
      'shop=developer',
    ]);
    expect(stdout).toMatch(/^http:\/\/\S+\n$/);
    expect(stderr).toContain('It is not shown again');
    const listed = await run(['member', 'list', '--invitations']);
    expect(listed.stdout).toMatch(/ana@example\.com +member +shop \(developer\) +pending/);
    await run(['member', 'invite', 'guest@example.com', '--workspace', 'shop', '--role', 'viewer']);
    await run(['member', 'remove', 'ANA@example.com']);
    await run(['member', 'remove', 'guest@example.com', '--workspace', 'shop']);
    expect(await readJson(['member', 'list', '--invitations'])).toEqual([
      expect.objectContaining({ status: 'revoked' }),
      expect.objectContaining({ status: 'revoked' }),
    ]);
  });

  it('have roles of their scope, and the last owner stays', async () => {
    expect(await readErrorCode(['member', 'set-role', ownerEmail, 'viewer'], 2)).toEqual(
      errorWith('invalid_role'),
    );
    expect(await readErrorCode(['member', 'set-role', ownerEmail, 'member'], 5)).toEqual(
      errorWith('own_role'),
    );
    expect(await readErrorCode(['member', 'leave', '--yes'], 5)).toEqual(errorWith('last_owner'));
    expect(await readErrorCode(['member', 'remove', 'nobody@example.com'], 4)).toEqual(
      errorWith('member_not_found'),
    );
  });
});

describe('keys', () => {
  it('print their secret once, alone', async () => {
    const { stdout } = await run(['key', 'create', '--workspace-key', '--name', 'CI', '--role', 'viewer']);
    expect(stdout).toMatch(/^dlt_sa_\S+\n$/);
    const secret = stdout.trim();
    const list = await run(['key', 'list']);
    expect(list.stdout).toMatch(/CI +dlt_sa_\S+… +workspace \(viewer\)/);
    expect(list.stdout).not.toContain(secret);
    const asKey = { env: { RUNTIME__API_KEY: secret } };
    expect((await run(['workspace', 'info'], asKey)).stdout).toContain('viewer');
    await run(['workspace', 'list'], asKey);
    await run(['key', 'revoke', secret, '--yes']);
    expect((await run(['workspace', 'info'], { ...asKey, code: 3 })).stderr).toContain('pumphouse login');
  });

  it('are personal by default', async () => {
    const { stdout } = await run(['key', 'create', '--days', '1', '--name', 'laptop']);
    expect(stdout).toMatch(/^dlt_u_\S+\n$/);
    expect(await readJson(['key', 'list', '--personal'])).toEqual(
      expect.arrayContaining([expect.objectContaining({ kind: 'personal', name: 'laptop' })]),
    );
    await run(['key', 'revoke', 'laptop', '-y']);
    expect(await readErrorCode(['key', 'revoke', 'laptop', '-y'], 4)).toEqual(errorWith('key_not_found'));
    expect(await readErrorCode(['key', 'create', '--role', 'viewer'], 2)).toEqual(
      errorWith('conflicting_options'),
    );
  });
});

describe('variables', () => {
  const secret = 'swordfish-of-the-shop';

  it('are not set to nothing when standard input is empty', async () => {
    for (const args of [['FOO'], ['FOO', '-', '--secret']])
      expect(await readErrorCode(['variable', 'set', ...args], 2)).toMatchObject(errorWith('empty_value'));
    await run(['variable', 'set', 'EMPTY', '']);
    expect(await readJson(['variable', 'list'])).toMatchObject([{ name: 'EMPTY', value: '' }]);
    await run(['variable', 'delete', 'EMPTY']);
  });

  it('are plain or secret, and secrets are never printed', async () => {
    await run(['variable', 'set', 'SHOP__REGION', 'north', '--profile', 'prod']);
    const piped = await run(['variable', 'set', 'API_TOKEN', '-', '--secret'], { input: `${secret}\n` });
    const kept = await run(['variable', 'set', 'API_TOKEN', secret]);
    expect(kept.stderr).toContain('stays one');
    expect(kept.stderr).toContain('Warning: shells keep');
    const listed = await run(['variable', 'list']);
    expect(listed.stdout).toMatch(/API_TOKEN +all +\(secret\)/);
    expect(listed.stdout).toMatch(/SHOP__REGION +prod +north/);
    const json = JSON.stringify(await readJson(['variable', 'list']));
    for (const text of [piped.stdout, piped.stderr, kept.stderr, listed.stdout, json])
      expect(text).not.toContain(secret);
  });

  it('are imported, after a dry run, all or none', async () => {
    await writeFile(join(folder, 'prod.env'), `A=1\nB="two\nlines"\nAPI_TOKEN=${secret}\n`);
    await run(['variable', 'import', 'prod.env', '--dry-run']);
    expect((await run(['variable', 'list'])).stdout).not.toContain('two');
    const { stdout } = await run(['variable', 'import', 'prod.env']);
    expect(stdout).not.toContain(secret);
    expect(await readJson(['variable', 'list'])).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'B', value: 'two\nlines' })]),
    );
    await writeFile(join(folder, 'bad.env'), 'NEW=1\nPATH=/bin\n');
    expect(await readErrorCode(['variable', 'import', 'bad.env'], 5)).toEqual(
      errorWith('reserved_variable_name'),
    );
    expect((await run(['variable', 'list'])).stdout).not.toContain('NEW');
  });

  it('are deleted, all or none', async () => {
    expect(await readErrorCode(['variable', 'delete', 'A', 'SHOP__REGION'], 4)).toEqual(
      errorWith('variable_not_found'),
    );
    await run(['variable', 'delete', 'A', 'B', 'API_TOKEN']);
    await run(['variable', 'delete', 'SHOP__REGION', '--profile', 'prod']);
    expect(await readJson(['variable', 'list'])).toEqual([]);
  });
});

describe('versions', () => {
  const first = {
    'load.py': 'print("first")\n',
    'lib/same.py': 'same = 1\n',
    'requirements.txt': '# none\n',
  };
  const second = {
    'load.py': 'print("second")\n',
    'lib/same.py': 'same = 1\n',
    'requirements.txt': '# none\n',
  };

  beforeAll(async () => {
    const id = JSON.parse((await run(['workspace', 'info', '--json'])).stdout).id as string;
    const jobs = [defineScriptJob('load')];
    await deployWorkspace(server, id, { files: first, jobs, configuration: { 'config.toml': 'a = 1\n' } });
    await deployWorkspace(server, id, {
      files: second,
      jobs,
      configuration: { 'config.toml': 'a = 2\n', 'secrets.toml': 'key = "swordfish"\n' },
    });
    await rm(join(folder, 'prod.env'));
    await rm(join(folder, 'bad.env'));
    for (const [path, content] of Object.entries(second)) {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  });

  it('are listed and shown', async () => {
    expect(await readJson(['deployment', 'list'])).toMatchObject([{ version: 2 }, { version: 1 }]);
    expect((await run(['deployment', 'info'])).stdout).toMatch(/Changes +1 changed \(since version 1\)/);
    expect((await run(['configuration', 'info', '2'])).stdout).toContain('+ secrets.toml');
    expect(await readErrorCode(['deployment', 'info', '9'], 4)).toEqual(errorWith('version_not_found'));
  });

  it('are compared, with secrets masked', async () => {
    const code = await run(['diff', '1', '2']);
    expect(code.stdout).toContain('deployment 1 -> deployment 2: 1 changed');
    expect(code.stdout).toContain('-print("first")\n+print("second")');
    const configuration = await run(['diff', '1', '--configuration']);
    expect(configuration.stdout).toContain('-a = 1\n+a = 2');
    expect(configuration.stdout).toContain('+key = ******');
    expect(configuration.stdout).not.toContain('swordfish');
    await run(['diff', '1', '--exit-code'], { code: 1 });
    await run(['diff', '2', '2', '--exit-code']);
  });

  it('are compared with the folder', async () => {
    await writeFile(join(folder, 'load.py'), 'print("third")\n');
    await writeFile(join(folder, 'new.py'), 'new = 1\n');
    await rm(join(folder, 'lib', 'same.py'));
    const { stdout } = await run(['diff']);
    expect(stdout).toContain('deployment 2 -> folder: 1 added, 1 changed, 1 removed');
    expect(stdout).toContain('-print("second")\n+print("third")');
    expect(stdout).toContain('+new = 1');
    expect(stdout).toContain('-same = 1');
    expect(await readJson(['diff', '--files'])).toMatchObject({
      target: null,
      files: [{ path: 'lib/same.py' }, { path: 'load.py' }, { path: 'new.py' }],
    });
  });

  it('are downloaded as a file, to standard output, or unpacked', async () => {
    await run(['deployment', 'download', '1', '-o', 'code.tar.gz']);
    const archive = await readFile(join(folder, 'code.tar.gz'));
    expect([...archive.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    await run(['deployment', 'download', '1', '--extract', 'unpacked']);
    expect(await readFile(join(folder, 'unpacked', 'load.py'), 'utf8')).toBe('print("first")\n');
    expect(await readErrorCode(['deployment', 'download', '--extract', 'unpacked'], 2)).toEqual(
      errorWith('folder_not_empty'),
    );
    const streamed = await run(['deployment', 'download', '1', '-o', '-']);
    expect(streamed.stdout.length).toBeGreaterThan(0);
    await run(['configuration', 'download', '--extract', 'settings']);
    const secrets = join(folder, 'settings', 'secrets.toml');
    expect(await readFile(secrets, 'utf8')).toContain('swordfish');
    expect((await stat(secrets)).mode & 0o777).toBe(0o600);
  });

  it('are rolled back after a confirmation', async () => {
    expect(await readErrorCode(['rollback'], 2)).toEqual(errorWith('not_confirmed'));
    const { stderr } = await run(['rollback', '--yes']);
    expect(stderr).toContain('deployment 3 has the content of 1');
    expect((await run(['diff', '1', '3'])).stdout).toContain('no differences');
    expect(await readErrorCode(['rollback', '1', '--yes'], 5)).toEqual(errorWith('content_is_latest'));
    await run(['rollback', '1', '--configuration', '--yes']);
    expect(await readJson(['configuration', 'list', '-n', '1'])).toMatchObject([{ version: 3 }]);
  });
});

describe('completion', () => {
  it.each([
    ['bash', 'complete -o default -F _pumphouse pumphouse'],
    ['zsh', '#compdef pumphouse'],
    ['fish', 'complete -c pumphouse'],
  ])('prints a script for %s', async (shell, part) => {
    expect((await run(['completion', shell])).stdout).toContain(part);
  });

  it('completes names of the server', async () => {
    const candidates = async (...words: string[]) =>
      (await run(['__complete', '--', ...words])).stdout
        .split('\n')
        .map((line) => line.split('\t')[0])
        .filter((value) => value !== '');
    // A server that takes longer than a second is not waited for.
    await expect.poll(() => candidates('launch', '')).toEqual(['load']);
    await expect.poll(() => candidates('workspace', 'switch', 'st')).toEqual(['stock-eu']);
    await expect.poll(() => candidates('deployment', 'info', '')).toEqual(['latest', '3', '2', '1']);
    expect(await candidates('vers')).toEqual([]);
  });

  it('says nothing about errors', async () => {
    const env = { RUNTIME__API_KEY: 'wrong', RUNTIME__API_BASE_URL: 'http://127.0.0.1:9' };
    expect(await run(['__complete', '--', 'launch', ''], { env })).toMatchObject({ stdout: '', stderr: '' });
  });
});

it('compares versions with the server, whether or not npm can be reached', async () => {
  const env = { npm_config_registry: 'http://127.0.0.1:9' };
  const { stdout } = await run(['upgrade-check', '--json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({ server_url: server.url, latest_version: null });
});

it('pending packages of an unknown pipeline are an error, not an empty list', async () => {
  expect(await readErrorCode(['pipeline', 'pending', 'shp'], 4)).toMatchObject(
    errorWith('pipeline_not_found'),
  );
});
