import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { DeployedCode } from '../../fixtures/deploy-workspace.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { join } from 'node:path';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { pressKeys } from '../../fixtures/browser.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { startRun } from '../../fixtures/console-workspace.ts';

let site: ConsoleSite;
let runs: Record<'completed' | 'failed' | 'failedAgain' | 'timedOut', string>;

const payments = (rowCount: number) => `
import dlt
from lib.amounts import parse_amount

@dlt.resource(primary_key="id", write_disposition="merge")
def charges():
    for number in range(1, ${rowCount}):
        yield {"id": number, "amount": parse_amount(f"{number}.50")}

for page in range(200):
    print(f"charges: page {page}")
dlt.pipeline("payments", destination="duckdb", dataset_name="payments_data").run(charges())
`;
const amounts = (type: string) => `"""Amounts in the notation of the provider."""


def parse_amount(text):
    """Reads an amount."""
    return ${type}(text)
`;
const slow = (seconds: number) => `import time\n\ntime.sleep(${seconds})\n`;

const codeOf = (version: 1 | 2): DeployedCode => ({
  files: {
    'payments.py': payments(50),
    'lib/amounts.py': amounts(version === 1 ? 'float' : 'int'),
    'report.py': `print(${version})\n`,
    'slow.py': slow(version === 1 ? 0.2 : 600),
  },
  jobs: [
    { ...defineScriptJob('payments'), expose: { manual: true } },
    { ...defineScriptJob('report'), expose: { manual: true } },
    // The first run must complete, however long a busy machine takes to start it.
    {
      ...defineScriptJob('slow'),
      ...(version === 2 && { execute: { timeout: { timeout: 5, grace_period: 1 } } }),
    },
  ],
  requirements: ['duckdb'],
  configuration: {
    'config.toml': '[runtime]\nlog_level = "WARNING"\n',
    'prod.config.toml': `[sources]\npage_size = ${version === 1 ? 25 : 50}\n`,
  },
});

async function run(jobRef: string): Promise<string> {
  return (await site.api.awaitEnd(await startRun(site.server, site.api, jobRef))).id;
}

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, codeOf(1));
  const completed = await run('jobs.payments');
  await run('jobs.slow');
  await deployWorkspace(site.server, site.api.id, codeOf(2));
  const failed = await run('jobs.payments');
  const failedAgain = await run('jobs.payments');
  runs = { completed, failed, failedAgain, timedOut: await run('jobs.slow') };
});
afterAll(() => site?.remove());

const changes = (page: Page) => page.getByRole('region', { name: 'What changed' });
const phone = { viewport: { width: 390, height: 844 } };

/** For a look at the pages: the folder of the environment variable gets pictures of them. */
async function photograph(page: Page, name: string): Promise<void> {
  const folder = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

describe('the cause of a failure', () => {
  it('is one click from the overview: the changed line of a file that the job imports', async () => {
    const page = await site.openAs('developer');
    const failing = page.locator('[data-row]').filter({ hasText: 'payments' }).first();
    await failing.getByRole('button', { name: 'View failure' }).click();
    await changes(page).getByRole('heading', { name: '2 failures in a row since deployment 2' }).waitFor();
    const lines = changes(page).getByRole('region', { name: 'Diff of lib/amounts.py' });
    await lines.getByText('return int(text)').waitFor();
    await lines.getByText('return float(text)').waitFor();
    expect(await changes(page).innerText()).toMatch(/lib\/amounts\.py \+1 −1/);
    await changes(page).getByRole('link', { name: '#2', exact: true }).click();
    await changes(page).getByRole('heading', { name: 'First failure since deployment 2' }).waitFor();
    await photograph(page, 'failed-run');
    await page.context().close();
  });

  it('names changed settings, and leaves out files that the job does not import', async () => {
    const page = await site.openAs('developer', `/runs/${runs.failed}`);
    await changes(page).getByText('sources.page_size').waitFor();
    const text = await changes(page).innerText();
    expect(text).toMatch(/prod\.config\.toml\s+sources\.page_size 25 → 50/);
    expect(text).toMatch(/Unchanged: variables, job settings, packages/);
    expect(text).not.toContain('report.py');
    await expectAccessible(page);
    await changes(page).getByRole('link', { name: '2 changed files not imported by this job' }).click();
    await page.getByRole('link', { name: /report\.py/ }).waitFor();
    await page.context().close();
  });

  it('is shown to a viewer without lines of code and values of settings, and fits on a phone', async () => {
    const page = await site.openAs('viewer', `/runs/${runs.failed}`, phone);
    await changes(page).getByText('lib/amounts.py').waitFor();
    const text = await changes(page).innerText();
    expect(text).toContain('Requires the role developer in this workspace');
    expect(text).not.toContain('return int(text)');
    expect(text).not.toContain('page_size');
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
    await expectAccessible(page);
    await photograph(page, 'failed-run-390');
    await page.context().close();
  });

  it('of a timeout is beside the usual duration', async () => {
    const page = await site.openAs('viewer', `/runs/${runs.timedOut}`);
    const failure = page.getByRole('region', { name: 'Failure' });
    await failure.getByText(/^Timeout: 5 s\. Completed runs usually take \d/).waitFor();
    await changes(page).getByText('slow.py').waitFor();
    await page.context().close();
  });
});

describe('the log of a failed run', () => {
  it('opens at the exception that ended it, and not at its last line', async () => {
    const page = await site.openAs('viewer', `/runs/${runs.failed}`);
    const current = page.locator('[data-current="true"]');
    await current.getByText('ValueError: invalid literal for int()').waitFor();
    expect(await current.isVisible()).toBe(true);
    await page.context().close();
  });

  it('opens there on a phone too, where most lines are wrapped', async () => {
    const page = await site.openAs('viewer', `/runs/${runs.failed}`, {
      viewport: { width: 390, height: 844 },
    });
    const scroller = page.locator('[data-log-scroller]');
    await scroller.scrollIntoViewIfNeeded();
    const isInSight = () =>
      page.evaluate<boolean>(`(() => {
        const frame = document.querySelector('[data-log-scroller]').getBoundingClientRect();
        const row = document.querySelector('[data-current="true"]')?.getBoundingClientRect();
        return row !== undefined && row.bottom > frame.top && row.top < frame.bottom;
      })()`);
    await expect.poll(isInSight).toBe(true);
    await page.context().close();
  });

  it('is controlled by keys without a click into it, which leave the line in the URL', async () => {
    const page = await site.openAs('viewer', `/runs/${runs.failed}`);
    const current = page.locator('[data-current="true"]');
    await current.waitFor();
    const cause = await current.getAttribute('data-line');
    await page.keyboard.press('Shift+E');
    await page.waitForURL(/line=\d+/);
    await expect.poll(() => current.getAttribute('data-line')).not.toBe(cause);
    await page.keyboard.press('e');
    await page.waitForURL(new RegExp(`line=${Number(cause) + 1}$`));
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Times', pressed: true }).waitFor();
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Times', pressed: false }).waitFor();
    await page.keyboard.press('Home');
    await page.locator('[data-line="0"]').waitFor();
    await page.keyboard.press('End');
    await page.locator('[data-line="0"]').waitFor({ state: 'detached' });
    // A sequence of two keys is not a key of the log.
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('Previous error').waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await pressKeys(page, 'g', 't');
    await page.waitForURL(/\/timeline/);
    await page.context().close();
  });

  it('has a traceback that is read as a whole once it is opened, with short paths', async () => {
    const page = await site.openAs('viewer', `/runs/${runs.failed}`);
    const traceback = page.getByRole('region', { name: 'Traceback' });
    await traceback.getByText('Exceptions raised from this').click();
    const hidden = 'document.querySelector("[aria-label=Traceback]")';
    await expect
      .poll(() => page.evaluate<number>(`${hidden}.scrollHeight - ${hidden}.clientHeight`))
      .toBeLessThanOrEqual(1);
    await traceback
      .getByText(/^\d+ library frames?$/)
      .first()
      .click();
    await traceback
      .getByText(/^dlt\/extract\//)
      .first()
      .waitFor();
    expect(await traceback.innerText()).not.toContain('site-packages');
    await page.context().close();
  });
});

describe('the comparison with the last completed run', () => {
  it('begins with what changed, and folds equal rows', async () => {
    const page = await site.openAs('developer', `/runs/${runs.failed}`);
    await changes(page).getByRole('link', { name: 'All differences' }).click();
    await page.getByRole('heading', { name: 'Compare #1 → payments #2' }).waitFor();
    await changes(page).getByText('return int(text)').waitFor();
    const details = page.getByRole('region', { name: 'Both runs' });
    expect(await details.getByRole('rowheader', { name: 'Profile' }).count()).toBe(0);
    await details.getByRole('rowheader', { name: 'Code' }).waitFor();
    await photograph(page, 'compare');
    await details.getByRole('button', { name: /^Show \d+ equal rows$/ }).click();
    await details.getByRole('rowheader', { name: 'Profile' }).waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('fits on a phone', async () => {
    const page = await site.openAs('developer', `/runs/${runs.failed}/compare`, phone);
    await changes(page).getByText('return int(text)').waitFor();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate<number>(overflow)).toBeLessThanOrEqual(0);
    await expectAccessible(page);
    await photograph(page, 'compare-390');
    await page.context().close();
  });
});

it('causes no browser errors', () => {
  expect(site.complaints).toEqual([]);
});
