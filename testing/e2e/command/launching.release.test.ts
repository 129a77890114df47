import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPumphouse, startPumphouse } from '../../fixtures/command.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { createBarePython, createShop, openShopSite, removeShopSite, type ShopSite } from './shop-site.ts';

let site: ShopSite;
beforeAll(async () => {
  site = await openShopSite();
});
afterAll(() => removeShopSite(site));

const parse = (text: string): unknown => JSON.parse(text);

describe('pumphouse init', () => {
  it('creates a workspace whose job runs, on a machine without Python', async () => {
    const cwd = join(site.parentFolder, 'new-user');
    await mkdir(cwd);
    const env = { RUNTIME__API_BASE_URL: site.server.url, RUNTIME__API_KEY: site.server.key };
    const node = join(process.execPath, '..');
    const options = { cwd, env: { ...env, PATH: `${node}:/usr/bin:/bin` } };
    expect((await runPumphouse(['init', 'bakery'], options)).code).toBe(0);
    const inFolder = { ...options, cwd: join(cwd, 'bakery') };
    expect((await runPumphouse(['workspace', 'create', 'bakery'], inFolder)).code).toBe(0);
    const args = ['launch', 'pipeline.py', '-f', '--python', await createBarePython(site)];
    const { code, stdout, stderr } = await runPumphouse(args, inFolder);
    expect(stderr).toContain('100 rows');
    expect(stdout).toContain('loaded to destination duckdb');
    expect(code).toBe(0);
    const again = await runPumphouse(['init'], inFolder);
    expect(again.stdout).toContain('7 files exist and stay');
  });

  it.runIf(process.getuid?.() !== 0)('explains a folder that it may not write', async () => {
    const cwd = join(site.parentFolder, 'read-only');
    await mkdir(cwd);
    await chmod(cwd, 0o500);
    const { code, stderr } = await runPumphouse(['init'], { cwd });
    expect(stderr).toContain('[folder_not_writable]');
    expect(code).toBe(2);
  });
});

describe('pumphouse launch', () => {
  it('runs a plain script and follows it, without Python', async () => {
    const shop = await createShop(site, 'plain');
    const { code, stdout, stderr } = await shop.pumphouse(['launch', 'plain.py', '-f'], {
      env: { VIRTUAL_ENV: '', PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` },
    });
    expect(stdout).toContain('plain script');
    expect(stderr).toContain('completed');
    expect(code).toBe(0);
  });

  it('describes a plain script as dlthub does', async () => {
    const shop = await createShop(site, 'same-script');
    await shop.pumphouse(['launch', 'plain.py', '--wait']);
    const before = parse((await shop.pumphouse(['job', 'info', 'plain', '--json'])).stdout);
    await shop.dlthub(['run', 'plain.py', '-f']);
    const after = parse((await shop.pumphouse(['job', 'info', 'plain', '--json'])).stdout);
    expect(after).toMatchObject({ id: (before as { id: string }).id, version: 1 });
  });

  it('gives a function its input', async () => {
    const shop = await createShop(site, 'input');
    const { code, stdout } = await shop.pumphouse(['launch', 'greet', '-f', '--input', 'name=Ada']);
    expect(stdout).toContain('hello Ada');
    expect(code).toBe(0);
  });

  it('prints why a run failed, and ends with 1', async () => {
    const shop = await createShop(site, 'failing', { 'fails.py': 'values = {}\nvalues["missing"]\n' });
    const { code, stderr } = await shop.pumphouse(['launch', 'fails.py', '-f'], {
      env: { GITHUB_ACTIONS: 'true' },
    });
    expect(stderr).toContain('KeyError');
    expect(stderr).toContain('fails.py:2');
    expect(stderr).toContain('::error');
    expect(code).toBe(1);
    expect((await shop.pumphouse(['launch', 'fails.py', '--wait'])).code).toBe(1);
  });

  it('detaches at Ctrl-C, and says how to go on', async () => {
    const shop = await createShop(site, 'detaching', {
      'slow.py': 'import time\nprint("begun", flush=True)\ntime.sleep(600)\n',
    });
    const launched = startPumphouse(['launch', 'slow.py', '-f'], { ...shop.options, columns: 80 });
    await eventually('the first line is printed', () => launched.printed().includes('begun'));
    launched.interrupt();
    const { code, stdout } = await launched.result;
    expect(stdout).toContain('pumphouse logs slow 1 -f');
    expect(code).toBe(130);
    expect(parse((await shop.pumphouse(['run', 'info', 'slow', '--json'])).stdout)).toMatchObject({
      status: 'running',
    });
    expect((await shop.pumphouse(['run', 'cancel', 'slow'])).code).toBe(0);
  });

  it('goes on at the next line after the server was restarted', async () => {
    const shop = await createShop(site, 'restart', {
      'count.py': 'import time\nfor n in range(30):\n    print("line", n, flush=True)\n    time.sleep(0.5)\n',
    });
    const launched = startPumphouse(['launch', 'count.py', '-f'], shop.options);
    await eventually('lines are printed', () => launched.printed().includes('line 3'));
    await site.server.end('SIGKILL');
    site.server = await site.server.restart();
    const { code, stdout } = await launched.result;
    expect(stdout.split('\n').filter((line) => line.startsWith('line '))).toEqual(
      Array.from({ length: 30 }, (_, index) => `line ${index}`),
    );
    expect(code).toBe(0);
  });
});
