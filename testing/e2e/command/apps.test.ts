/** The commands that start, publish and open apps. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace, type ApiWorkspace } from '../../fixtures/api-workspace.ts';
import { appRefs, deployApps } from '../../fixtures/console-apps.ts';
import { runPumphouse, type CommandOptions } from '../../fixtures/command.ts';
import { createWorkspace } from '../../fixtures/deploy-workspace.ts';
import { startTestServer, type TestServer } from '../../fixtures/server.ts';

let server: TestServer;
let api: ApiWorkspace;
let parent: string;
let folder: string;
let opened: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'pumphouse-apps-'));
  folder = join(parent, 'shop');
  opened = join(parent, 'opened');
  await mkdir(join(folder, '.dlt'), { recursive: true });
  await writeFile(join(parent, 'browser'), `#!/bin/sh\nprintf '%s' "$1" > '${opened}'\n`, { mode: 0o755 });
  server = await startTestServer({ PUMPHOUSE_LOG_LEVEL: 'warn' });
  api = createApiWorkspace(server, await createWorkspace(server, 'shop'));
  await writeFile(
    join(folder, '.dlt', 'config.toml'),
    `[runtime]\napi_base_url = "${server.url}"\nworkspace_id = "${api.id}"\n`,
  );
  await deployApps(server, api);
});

afterAll(async () => {
  await server.remove();
  await rm(parent, { recursive: true, force: true });
});

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

describe('serve', () => {
  it('starts an app, waits until it answers, and opens it with a code that is not printed', async () => {
    const { stdout, stderr } = await run(['serve', 'orders_board', '--no-deploy'], {
      env: { BROWSER: join(parent, 'browser') },
    });
    const job = await api.findJob(appRefs.board);
    const app = await server.client.call('get_app', { params: { workspace_id: api.id, job_id: job.id } });
    expect(app.state).toBe('ready');
    expect(stdout).toBe(`${app.url}\n`);
    await expect.poll(() => readFile(opened, 'utf8').catch(() => '')).not.toBe('');
    const visited = await readFile(opened, 'utf8');
    expect(new URL(visited).origin).toBe(new URL(app.url).origin);
    expect(visited).not.toBe(app.url);
    expect(stderr).not.toContain(visited);
  });

  it('does not start an app twice', async () => {
    const { stderr } = await run(['serve', 'orders_board', '--no-deploy']);
    expect(stderr).toContain('is ready already');
    const runs = await api.listRuns(appRefs.board);
    expect(runs).toHaveLength(1);
  });

  it('explains why an app did not start', async () => {
    const { stderr } = await run(['serve', 'price_check', '--no-deploy'], { code: 1 });
    expect(stderr).toContain('prices.csv is not there');
    expect(stderr).toMatch(/pumphouse logs [0-9a-f-]{36}/);
  });
});

describe('publish', () => {
  it('prints a link with an expiry and a password, and unpublish revokes it', async () => {
    const { stdout, stderr } = await run(['publish', 'orders_board', '--expires', '7d', '--password', '-'], {
      input: 'a password of visitors\n',
    });
    expect(stdout).toMatch(/^http\S+\n$/);
    expect(stderr).toContain('with the password');
    const job = await api.findJob(appRefs.board);
    const params = { workspace_id: api.id, job_id: job.id };
    const { public_link: link } = await server.client.call('get_app', { params });
    expect(link).toMatchObject({ url: stdout.trim(), has_password: true });
    expect(Date.parse(link?.expires_at ?? '') - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
    await run(['unpublish', 'orders_board']);
    expect((await server.client.call('get_app', { params })).public_link).toBeNull();
    expect((await run(['unpublish', 'orders_board'])).stderr).toContain('had no public link');
  });

  it.each([
    ['password_in_arguments', ['publish', 'orders_board', '--password', 'a password']],
    ['missing_argument', ['publish', 'orders_board', '--password']],
    ['invalid_expiry', ['publish', 'orders_board', '--expires', 'soon']],
  ])('is refused with %s', async (code, args) => {
    expect((await run(args, { code: 2 })).stderr).toContain(`[${code}]`);
  });
});

describe('open', () => {
  const print = async (...args: string[]) => (await run(['open', ...args, '--no-browser'])).stdout.trim();

  it('prints the pages of the console', async () => {
    const base = `${server.url}/w/${api.id}`;
    const [latest] = await api.listRuns(appRefs.board);
    expect(await print()).toBe(base);
    expect(await print('orders_board')).toBe(`${base}/jobs/${appRefs.board}`);
    expect(await print('orders_board#1')).toBe(`${base}/runs/${latest?.id}`);
    expect(await print('orders_board', '1')).toBe(`${base}/runs/${latest?.id}`);
    expect(await print(latest?.id ?? '')).toBe(`${base}/runs/${latest?.id}`);
    expect(await print('pipeline', 'my shop')).toBe(`${base}/pipelines/my%20shop`);
  });

  it('finds no job of another name', async () => {
    expect((await run(['open', 'orders_bord', '--no-browser'], { code: 4 })).stderr).toContain(
      'Did you mean',
    );
  });
});
