import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite, type ConsoleSite } from '../../fixtures/console-site.ts';
import { join } from 'node:path';
import { openServerStore } from '../../fixtures/server-store.ts';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite({ PUMPHOUSE_INSTANCE_SIZES: 'small=2/512/512' });
});
afterAll(() => site?.remove());

const grows = `
import time
eaten = []
for _ in range(18):
    eaten.append(bytearray(24 * 1024 * 1024))
    for block in eaten:
        block[::4096] = bytes([1]) * len(block[::4096])
    time.sleep(0.5)
print("full", flush=True)
while True:
    time.sleep(1)
`;

it('the page of a run shows its memory, cores and disk with the limits, and that it has gone silent', async () => {
  const { server, api } = site;
  await deployWorkspace(server, api.id, {
    files: { 'grows.py': grows },
    jobs: [{ ...defineScriptJob('grows'), execute: { timeout: { grace_period: 1 } } }],
  });
  const run = await triggerJob(server, api.id, 'jobs.grows');
  await api.awaitLine(run, 'full');
  const page = await site.openAs('viewer', `/runs/${run}`);
  const resources = page.getByRole('region', { name: 'Resources' });
  await resources.getByText('near the limit').waitFor();
  expect(await resources.textContent()).toMatch(
    /Memory [45]\d\d MiB of 512 MiB near the limit.*Cores.*of 2\.0.*Disk/,
  );
  expect(await page.getByText(/No output for/).count()).toBe(0);

  const opened = await openServerStore(server);
  await opened.database.execute(
    `update attempts set last_output_at = now() - interval '12 minutes' where job_run_id = $1`,
    [run],
  );
  await opened.close();
  await page.reload();
  await page.getByText(/^No output for 1[2-5] minutes\.$/).waitFor();
  await expectAccessible(page);
  const folder = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, 'resources.png') });
  expect(site.complaints).toEqual([]);
});
