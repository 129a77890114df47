import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeOf, runPumphouse, writeFiles } from '../../fixtures/command.ts';
import { findFreePort } from '../../fixtures/free-port.ts';
import { pathWithoutUv } from '../../fixtures/path-without-uv.ts';
import {
  createBarePython,
  createShop,
  openShopSite,
  removeShopSite,
  shopFiles,
  type Shop,
  type ShopSite,
} from './shop-site.ts';

let site: ShopSite;
beforeAll(async () => {
  site = await openShopSite();
});
afterAll(() => removeShopSite(site));

const parse = (text: string): unknown => JSON.parse(text);

describe('pumphouse deploy', () => {
  it('deploys what dlthub sees as unchanged, and the other way round', async () => {
    const shop = await createShop(site, 'both');
    const first = parse((await shop.pumphouse(['deploy', '--json'])).stdout);
    expect(first).toMatchObject({
      deployment: { version: 1, outcome: 'uploaded' },
      configuration: { version: 1, outcome: 'uploaded' },
    });
    const theirs = await shop.dlthub(['deploy']);
    expect(theirs).toContain('0 added, 0 updated, 0 archived');
    expect(theirs).not.toContain('Synced');
    await writeFiles(shop.folder, { 'more.py': 'x = 1\n' });
    expect(await shop.dlthub(['deploy'])).toContain('Synced');
    const last = parse((await shop.pumphouse(['deploy', '--json'])).stdout);
    expect(last).toMatchObject({
      deployment: { version: 2, outcome: 'unchanged' },
      configuration: { version: 1, outcome: 'unchanged' },
    });
  });

  it('stores a message with a new version of the code only', async () => {
    const shop = await createShop(site, 'message');
    const tooLong = await shop.pumphouse(['deploy', '-m', 'x'.repeat(501)]);
    expect(tooLong.stderr).toContain('[invalid_message]');
    expect(tooLong.code).toBe(2);
    expect((await shop.pumphouse(['deploy', '-m', 'Load by day\n\nIt was too slow.'])).code).toBe(0);
    expect((await shop.pumphouse(['deployment', 'list'])).stdout).toContain('Load by day It was too slow.');
    const again = await shop.pumphouse(['deploy', '--message', 'Load by hour']);
    expect(again.stderr).toContain('no new version for the message to describe');
    expect((await shop.pumphouse(['deployment', 'info'])).stdout).toMatch(
      /^Message +Load by day\s+It was too slow\.$/m,
    );
    const listed = parse((await shop.pumphouse(['deployment', 'list', '--json'])).stdout);
    expect(listed).toMatchObject([{ version: 1, message: 'Load by day\n\nIt was too slow.' }]);
  });

  it('shows what would change, and changes nothing, in a dry run', async () => {
    const shop = await createShop(site, 'dry-run');
    const dry = await shop.pumphouse(['deploy', '--dry-run']);
    expect(dry.stdout).toContain('+ jobs.jobs.load');
    expect(dry.stdout).toContain('Code would be uploaded');
    expect(parse((await shop.pumphouse(['deployment', 'list', '--json'])).stdout)).toEqual([]);
    const manifest = parse((await shop.pumphouse(['deploy', '--show-manifest'])).stdout);
    expect(manifest).toMatchObject({ deployment_module: '__deployment__' });
  });

  it('archives jobs that the code no longer has', async () => {
    const shop = await createShop(site, 'archiving');
    await shop.pumphouse(['deploy']);
    await writeFiles(shop.folder, { '__deployment__.py': 'from jobs import load\n\n__all__ = ["load"]\n' });
    const { stdout } = await shop.pumphouse(['deploy']);
    expect(stdout).toContain('- jobs.jobs.greet');
  });

  it('warns of what dlt has given another name', async () => {
    const shop = await createShop(site, 'former-names');
    await writeFiles(shop.folder, {
      '__deployment__.py': 'from heavy import heavy\n\n__all__ = ["heavy"]\n',
      'heavy.py':
        'from dlt.hub.run import job\n\n\n@job(require={"machine": "large"})\ndef heavy():\n    print(1)\n',
    });
    const { stderr } = await shop.pumphouse(['deploy']);
    expect(stderr).toContain('Warning: `require.machine` is deprecated, use `require.instance` instead');
  });

  it('lets the server import the code where there is no dlt', async () => {
    const shop = await createShop(site, 'on-the-server');
    const args = ['deploy', '--json', '--python', await createBarePython(site)];
    const deployed = parse((await shop.pumphouse(args)).stdout);
    expect(deployed).toMatchObject({
      jobs: expect.arrayContaining([expect.objectContaining({ job_ref: 'jobs.jobs.load' })]),
    });
    expect(await shop.dlthub(['deploy'])).toContain('0 added, 0 updated, 0 archived');
  });

  it('uploads secrets.<profile>.toml under the name that dlt reads, and says so', async () => {
    const shop = await createShop(site, 'renamed', { '.dlt/secrets.prod.toml': 'token = "x"\n' });
    const { stderr } = await shop.pumphouse(['deploy']);
    expect(stderr).toContain('.dlt/secrets.prod.toml is uploaded as prod.secrets.toml');
    const info = parse((await shop.pumphouse(['configuration', 'info', '--json'])).stdout);
    expect(JSON.stringify(info)).toContain('prod');
  });

  it('deploys twice at once', async () => {
    const shop = await createShop(site, 'at-once');
    const results = await Promise.all([shop.pumphouse(['deploy']), shop.pumphouse(['deploy'])]);
    // The second gets a conflict or finds the same version; both end with a clear answer.
    for (const { code, stderr } of results) expect([0, 5], stderr).toContain(code);
    expect(results.map(({ code }) => code)).toContain(0);
    expect((await shop.pumphouse(['deploy'])).stdout).toContain('No job changed.');
  });
});

describe('a mistake', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await createShop(site, 'mistakes');
    await shop.pumphouse(['deploy']);
  });

  it.each<[what: string, args: string[], code: number, message: string]>([
    ['a script that does not exist', ['launch', 'nothing.py'], 4, '[script_not_found]'],
    ['a mistyped job', ['launch', 'laod', '--no-deploy'], 4, 'Did you mean load?'],
    ['a mistyped command', ['lanch'], 2, 'Did you mean launch?'],
    ['a missing argument', ['launch'], 2, "missing required argument 'script|job'"],
    ['an unknown workspace', ['status', '--workspace', 'other'], 4, '[workspace_not_found]'],
    ['an interpreter that does not exist', ['deploy', '--python', 'python9'], 2, '[python_not_found]'],
    ['a wrong address', ['status', '--server', 'ftp://x'], 2, '[invalid_server_address]'],
    ['an address with a path', ['status', '--server', 'http://127.0.0.1:1/api'], 2, 'http://127.0.0.1:1'],
  ])('is explained: %s', async (_, args, code, message) => {
    const result = await shop.pumphouse(args);
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/\n {4}at /);
    expect(result.code).toBe(code);
  });

  it('is explained: no workspace folder', async () => {
    const cwd = join(site.parentFolder, 'empty');
    await mkdir(cwd);
    const { code, stderr } = await runPumphouse(['deploy'], { cwd, env: shop.options.env ?? {} });
    expect(stderr).toContain('[no_workspace_folder]');
    expect(stderr).toContain('pumphouse init');
    expect(code).toBe(2);
  });

  it('is explained: a server that does not answer', async () => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const { code, stderr } = await shop.pumphouse(['status', '--server', url]);
    expect(stderr).toContain('[server_unreachable]');
    expect(code).toBe(6);
  });

  it('is explained: a page of something else answers', async () => {
    const other = createServer((_, response) => response.end('<html>It works!</html>'));
    const port = await findFreePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    const { code, stderr } = await shop.pumphouse(['status', '--server', `http://127.0.0.1:${port}`]);
    other.close();
    expect(stderr).toContain('[not_a_pumphouse_server]');
    expect(code).toBe(6);
  });

  it('is explained: a revoked key, as JSON too', async () => {
    const env = { RUNTIME__API_KEY: `dlt_u_${'x'.repeat(43)}` };
    const plain = await shop.pumphouse(['status'], { env });
    expect(plain.stderr).toContain('pumphouse login');
    expect(plain.code).toBe(3);
    const { stderr, code } = await shop.pumphouse(['status', '--json'], { env });
    expect(parse(stderr)).toMatchObject({ error: { exit_code: 3 } });
    expect(code).toBe(3);
  });

  it('is explained: a syntax error in __deployment__.py, and nothing is deployed', async () => {
    await writeFile(join(shop.folder, '__deployment__.py'), 'def x(:\n');
    const { code, stderr } = await shop.pumphouse(['deploy']);
    await writeFile(join(shop.folder, '__deployment__.py'), shopFiles['__deployment__.py']);
    expect(stderr).toContain('[manifest_failed]');
    expect(stderr).toContain('SyntaxError');
    expect(code).toBe(5);
    expect((await shop.pumphouse(['job', 'list', '--json'])).stdout).toContain('jobs.jobs.load');
  });

  it('is explained: a part of the proprietary package, by the client of dlt too', async () => {
    const transformation = 'import dlt\n\n@dlt.hub.transformation\ndef totals(): ...\n';
    await writeFile(join(shop.folder, '__deployment__.py'), transformation);
    const { code, stderr } = await shop.pumphouse(['deploy']);
    const theirs = await shop.dlthub(['deploy']).catch(String);
    await writeFile(join(shop.folder, '__deployment__.py'), shopFiles['__deployment__.py']);
    const text =
      'dlt.hub.transformation` belongs to the proprietary package dlthub, which Pumphouse does not have: read';
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(text);
    expect(theirs.replaceAll(/\s+/g, ' ')).toContain(
      'dlt.hub.transformation belongs to the proprietary package',
    );
    expect(stderr + theirs).not.toContain('pip install');
    expect(code).toBe(5);
  });

  it('is explained: a line of requirements.txt that only uv could follow, with its place', async () => {
    const shop = await createShop(site, 'other-file', {
      'requirements.txt': 'dlt[duckdb]==1.31.0\n-r base.txt\n',
      'base.txt': 'humanize==4.14.0\n',
    });
    const { stderr, code } = await shop.pumphouse(['deploy'], { env: { PATH: pathWithoutUv() } });
    expect(stderr).toContain('requirements.txt:2:1: the line refers to another file, which is not read.');
    expect(stderr).toContain('Write the lines of that file into this one');
    expect(stderr).toContain('[invalid_requirements]');
    expect(code).toBe(5);
    expect(parse((await shop.pumphouse(['deployment', 'list', '--json'])).stdout)).toEqual([]);
    expect((await shop.pumphouse(['deploy'])).code).toBe(0);
    await writeFiles(shop.folder, { 'requirements.txt': 'dlt[duckdb]==1.31.0\n-e ../shared\n' });
    expect((await shop.pumphouse(['deploy'])).stderr).toContain(
      'requirements.txt:2:1: the line installs a project',
    );
  });

  it('is explained: a folder of 600 MB, with the lines for .gitignore', async () => {
    await writeFiles(shop.folder, { 'data/orders.parquet': '', 'models/large.bin': '' });
    await truncate(join(shop.folder, 'data/orders.parquet'), 400_000_000);
    await truncate(join(shop.folder, 'models/large.bin'), 200_000_000);
    const { code, stderr } = await shop.pumphouse(['deploy']);
    expect(stderr).toContain('[workspace_too_large]');
    expect(stderr).toContain('400 MB  /data/');
    expect(stderr).toContain('add to .gitignore: /data/  /models/');
    expect(code).toBe(5);
    await writeFile(join(shop.folder, '.gitignore'), '__pycache__/\n/data/\n/models/\n');
    expect((await shop.pumphouse(['deploy'])).code).toBe(0);
  });

  it('is explained: a broken configuration file', async () => {
    const config = join(shop.folder, '.dlt', 'config.toml');
    const content = await readFile(config, 'utf8');
    await writeFile(config, '[runtime\n');
    const { code, stderr } = await shop.pumphouse(['status']);
    await writeFile(config, content);
    expect(stderr).toContain('[invalid_toml]');
    expect(code).toBe(2);
  });

  it('fits a terminal of 40 columns', async () => {
    for (const args of [
      ['job', 'list'],
      ['deployment', 'list'],
      ['workspace', 'list'],
    ]) {
      const { code, stdout } = await shop.pumphouse(args, { columns: 40 });
      expect(code).toBe(0);
      for (const line of stdout.split(/\r?\n/)) expect(line.length, line).toBeLessThanOrEqual(40);
    }
  });
});

it('keeps no secret in the folder of the workspace', async () => {
  const shop = await createShop(site, 'secrets');
  await shop.pumphouse(['login', '--server', site.server.url, '--key', '-'], { input: site.server.key });
  const config = await readFile(join(shop.folder, '.dlt', 'config.toml'), 'utf8');
  expect(config).not.toContain(site.server.key);
  expect(await readFile(join(homeOf(shop.folder), '.dlt', 'secrets.toml'), 'utf8')).toContain(
    site.server.key,
  );
});
