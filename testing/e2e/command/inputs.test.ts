import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../fixtures/eventually.ts';
import { createShop, openShopSite, removeShopSite, type Shop, type ShopSite } from './shop-site.ts';

const jobs = `
import datetime as dt
import dlt
from dlt.hub import run


@run.job
def load(day: dt.date, count: int = 1, mode: str = "new"):
    """Load a day.

    Args:
        day: The day to load.
    """
    print("loads", repr(day), count, mode, flush=True)
`;

let site: ShopSite;
let shop: Shop;
beforeAll(async () => {
  site = await openShopSite();
  shop = await createShop(site, 'inputs', {
    'jobs.py': jobs,
    '__deployment__.py': 'import report\nfrom jobs import load\n\n__all__ = ["load", "report"]\n',
    'report.py':
      'import argparse\n\nif __name__ == "__main__":\n    parser = argparse.ArgumentParser()\n    parser.add_argument("--day")\n    print("reports", parser.parse_args().day, flush=True)\n',
  });
  await shop.dlthub(['deploy']);
});
afterAll(() => removeShopSite(site));

const launch = (job: string, ...args: string[]) =>
  shop.pumphouse(['launch', job, '--no-deploy', '-f', ...args]);

describe('inputs of pumphouse launch', () => {
  it('reach the function, converted, in a cold and in a forked start', async () => {
    for (const count of ['2', '3']) {
      const inputs = ['--input', 'day=2026-11-29', '--input', `count=${count}`];
      const { code, stdout, stderr } = await launch('load', ...inputs);
      expect(stdout, stderr).toContain(`loads datetime.date(2026, 11, 29) ${count} new`);
      expect(code).toBe(0);
    }
  });

  it('reach a script as options', async () => {
    const { code, stdout, stderr } = await launch('report', '--input', 'day=2026-11-29');
    expect(stdout, stderr).toContain('reports 2026-11-29');
    expect(code).toBe(0);
  });

  it.each([
    ['an unknown name', ['dya=2026-11-29'], 'unknown_input', 'no input dya. Its inputs: day, count, mode'],
    [
      'a wrong type',
      ['day=2026-11-29', 'count=many'],
      'wrong_input',
      'The value of the input count is not int',
    ],
    ['nothing', [], 'missing_input', 'The input day is missing'],
  ])('are refused before a run with %s', async (_, inputs, code, message) => {
    const list = async () => (await shop.pumphouse(['run', 'list', '--json'])).stdout;
    const before = await list();
    const { code: exitCode, stderr } = await launch('load', ...inputs.flatMap((one) => ['--input', one]));
    expect(stderr).toContain(message);
    expect(stderr).toContain(`[${code}]`);
    expect(exitCode).toBeGreaterThan(1);
    expect(await list()).toBe(before);
  });

  it('are repeated by a retry of the run, listed with the job and completed', async () => {
    const { stdout: first } = await launch('load', '--input', 'day=2026-11-28', '--input', 'mode=all');
    expect(first).toContain('loads datetime.date(2026, 11, 28) 1 all');
    const { stdout, stderr } = await shop.pumphouse(['run', 'retry', 'load', '-f']);
    expect(stdout, stderr).toContain('loads datetime.date(2026, 11, 28) 1 all');
    expect((await shop.pumphouse(['job', 'info', 'load'])).stdout).toContain(
      'day: dt.date, count: int = 1, mode: str = "new"',
    );
    // A completion gives up after a second, so that no shell waits. A user would press the key again.
    const completed = await eventually('the inputs are completed', async () => {
      const { stdout: names } = await shop.pumphouse(['__complete', '--', 'launch', 'load', '--input', '']);
      return names.includes('day=') && names;
    });
    expect(completed).toContain('The day to load.');
  });
});
