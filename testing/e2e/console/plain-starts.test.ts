/** A script that acts before it imports dlt runs as with plain Python and its pages say so; others are still forked. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { joinLines } from '../../fixtures/api-workspace.ts';

const print = `
import dlt
from dlt.common import json
print("json of", json._impl_name, "in", open("/proc/self/cmdline").read().split(chr(0))[1:4])
`;
const files = {
  'acting.py': `import os\nos.environ["DLT_USE_JSON"] = "simplejson"\n${print}`,
  'ordinary.py': `"""Loads orders."""\nimport logging\nlog = logging.getLogger(__name__)\nDAYS = 7\n${print}`,
};

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, {
    files,
    jobs: [defineScriptJob('acting'), defineScriptJob('ordinary')],
    requirements: ['dlt==1.31.0'],
  });
});
afterAll(() => site?.remove());

async function run(job: string) {
  const { id, status } = await site.api.awaitEnd(await triggerJob(site.server, site.api.id, `jobs.${job}`));
  const log = joinLines(await site.api.readLog(id));
  expect(status, log).toBe('completed');
  const params = { workspace_id: site.api.id, job_run_id: id };
  const { attempts } = await site.server.client.call('get_job_run_life', { params });
  return { id, log, reasons: attempts.map(({ plain_start: reason }) => reason) };
}

/** Waits for a run that another process prepared, as most runs are. */
const runPrepared = () =>
  eventually('a run is prepared', async () => {
    const ordinary = await run('ordinary');
    return /inside\/(template|prepared)\/__main__/.test(ordinary.log) && ordinary;
  });

async function expectText(page: Page): Promise<void> {
  await page.getByText('Starts plainly because of acting.py:2').waitFor();
  await expectAccessible(page);
  const folder = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
  if (folder)
    await page.screenshot({
      path: `${folder}/plain-start-${page.url().includes('/jobs/') ? 'job' : 'run'}.png`,
    });
  await page.context().close();
}

it('starts as plain Python starts it, once runs are forked', async () => {
  await runPrepared();
  const acting = await run('acting');
  expect(acting.log).toContain("json of simplejson in ['-u', '-m', 'acting']");
  expect(acting.log).toContain('because acting.py:2 can change how dlt is imported');
  expect(acting.reasons).toEqual(['acting.py:2']);
  await expectText(await site.openAs('viewer', `/runs/${acting.id}`));
  await expectText(await site.openAs('viewer', '/jobs/acting'));

  const ordinary = await runPrepared();
  expect(ordinary.reasons).toEqual([null]);
  expect(ordinary.log).not.toContain('imported no modules ahead');
  const page = await site.openAs('viewer', `/runs/${ordinary.id}`);
  await page.getByText('json of').first().waitFor();
  expect(await page.getByText('Starts plainly').count()).toBe(0);
  await page.context().close();
});
