import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';

const secrets = (password: string) => `[destination.shop]\npassword = "${password}"\n`;

const tagged = { '__deployment__.py': '__tags__ = ["prod", "finance"]\n' };

let site: ConsoleSite;
let developer: Page;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
  const jobs = [defineScriptJob('orders')];
  await deployWorkspace(site.server, site.api.id, {
    jobs,
    files: {
      ...tagged,
      'orders.py': 'print("orders")\n',
      'lib/old.py': 'OLD = True\n',
      'lib/same.py': 'SAME = True\n',
    },
    configuration: { 'prod.config.toml': '[shop]\nsize = 25\n', 'secrets.toml': secrets('of-no-account-1') },
  });
  await site.api.awaitEnd(await triggerJob(site.server, site.api.id, 'jobs.orders'));
  await deployWorkspace(site.server, site.api.id, {
    jobs,
    files: {
      ...tagged,
      'orders.py': 'print("orders, all")\n',
      'lib/new.py': 'NEW = True\n',
      'lib/same.py': 'SAME = True\n',
    },
    configuration: { 'prod.config.toml': '[shop]\nsize = 50\n', 'secrets.toml': secrets('of-no-account-2') },
  });
  const params = { workspace_id: site.api.id };
  const { id } = await site.server.client.call('get_deployment_latest', { params });
  await site.server.client.call('set_deployment_message', {
    params: { ...params, deployment_id: id },
    body: { message: 'Load all orders\n\nSome were left out.' },
  });
  developer = await site.openAs('developer', '/deployments');
});
afterAll(() => site?.remove());

const changes = (page: Page) => page.getByRole('region', { name: /^Changes/ });
const files = (page: Page) => changes(page).getByRole('listitem').allTextContents();
const rollBack = (page: Page) => page.getByRole('button', { name: 'Roll back to this version' });

describe('a developer', () => {
  it('sees the versions of the code, and what changed with one, file by file', async () => {
    const latest = developer.getByRole('row').filter({ hasText: 'Deployment 2' });
    await latest.filter({ hasText: 'latest' }).filter({ hasText: 'owner@example.com' }).waitFor();
    await latest.getByText('Load all orders', { exact: true }).waitFor();
    await developer.getByRole('link', { name: 'Deployment 2' }).click();
    await developer.getByRole('region', { name: 'Details' }).getByText('Some were left out.').waitFor();
    await developer.getByRole('heading', { name: 'Deployment 2 (latest)' }).waitFor();
    await developer.getByRole('region', { name: 'Details' }).getByText('prod, finance').waitFor();
    await expect
      .poll(async () => (await files(developer)).map((text) => /(\w+) (\S+\.py)/.exec(text)?.slice(1)))
      .toEqual([
        ['added', 'lib/new.py'],
        ['removed', 'lib/old.py'],
        ['changed', 'orders.py'],
      ]);
    await changes(developer)
      .getByRole('link', { name: /orders\.py/ })
      .click();
    await developer.waitForURL('**?path=orders.py');
    const difference = developer.getByRole('region', { name: 'Diff of orders.py' });
    const printed = difference.getByRole('row').filter({ hasText: 'print' });
    await expect
      .poll(async () => (await printed.allTextContents()).map((line) => line.replace(/^\d+/, '')))
      .toEqual(['−removedprint("orders")', '+addedprint("orders, all")']);
    await changes(developer).getByRole('switch', { name: 'Show unchanged files' }).click();
    await changes(developer)
      .getByRole('link', { name: /same\.py/ })
      .click();
    await developer.getByText('No changes').waitFor();
    await expectAccessible(developer);
  });

  it('sees the tags of the latest code on the overview', async () => {
    await developer.goto(site.workspaceUrl('/'));
    await developer.getByText('Tags of the deployment: prod, finance').waitFor();
    await expectAccessible(developer);
  });

  it('compares with any version, by the URL', async () => {
    const params = { workspace_id: site.api.id };
    const { items } = await site.server.client.call('list_deployments', { params });
    const [first, second] = items.toSorted((one, other) => one.version - other.version);
    await developer.goto(site.workspaceUrl(`/deployments/${first?.id}?base=${second?.id}&path=lib/new.py`));
    const difference = developer.getByRole('region', { name: 'Diff of lib/new.py' });
    await difference.getByText('NEW = True').waitFor();
    await difference.locator('[data-kind="keyword"]', { hasText: 'True' }).waitFor();
    await expectAccessible(developer);
    await expect.poll(async () => (await files(developer))[0]).toContain('removed lib/new.py');
    const runs = developer.getByRole('region', { name: 'Runs with this version' });
    await runs.getByRole('link', { name: /orders #1/ }).waitFor();
  });

  it('sees changed settings by key, and never a secret', async () => {
    await developer.goto(site.workspaceUrl('/configurations'));
    await developer.getByRole('link', { name: 'Configuration 2' }).click();
    const setting = developer.getByRole('row').filter({ hasText: 'shop.size' });
    await expect
      .poll(() => setting.getByRole('cell').allTextContents())
      .toEqual(['shop.size', '± changed', '25', '50']);
    await changes(developer)
      .getByRole('link', { name: /secrets\.toml/ })
      .click();
    const password = developer.getByRole('row').filter({ hasText: 'destination.shop.password' });
    expect(await password.getByRole('cell').nth(3).textContent()).toBe('******');
    expect(await developer.content()).not.toContain('of-no-account');
    await expectAccessible(developer);
  });

  it('rolls back after seeing the consequences, and lands on the new version', async () => {
    await developer.goto(site.workspaceUrl('/deployments'));
    await developer.getByRole('link', { name: 'Deployment 1' }).click();
    await rollBack(developer).click();
    const dialog = developer.getByRole('dialog');
    await dialog.getByText('Job definitions, such as triggers and timeouts, do not change').waitFor();
    await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
    await developer.getByRole('heading', { name: 'Deployment 3 (latest)' }).waitFor();
    await expect.poll(async () => (await files(developer)).join(' ')).toContain('added lib/old.py');
    await rollBack(developer).hover();
    await developer.getByRole('tooltip').filter({ hasText: 'This is already the latest version.' }).waitFor();

    await developer.goto(site.workspaceUrl('/configurations'));
    await developer.getByRole('link', { name: 'Configuration 1' }).click();
    await rollBack(developer).click();
    await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
    await developer.getByRole('heading', { name: 'Configuration 3 (latest)' }).waitFor();
  });

  it("sees on a version's page why its tags have no effect", async () => {
    await deployWorkspace(site.server, site.api.id, {
      jobs: [defineScriptJob('orders')],
      files: { '__deployment__.py': 'import os\n__tags__ = [os.environ["STAGE"]]\n' },
    });
    await developer.goto(site.workspaceUrl('/deployments'));
    await developer.getByRole('link', { name: 'Deployment 4' }).click();
    await developer.getByText('has no effect: line 2 does not set it to a list').waitFor();
    await expectAccessible(developer);
  });
});

describe('a viewer', () => {
  it('sees which files changed, and why the contents are hidden', async () => {
    const viewer = await site.openAs('viewer', '/deployments');
    await viewer.getByRole('link', { name: 'Deployment 2' }).click();
    await viewer.getByText('You can see which files changed, but not their content.').waitFor();
    await expect.poll(async () => (await files(viewer)).join(' ')).toContain('orders.py');
    expect(await changes(viewer).getByRole('link').count()).toBe(0);
    await rollBack(viewer).hover();
    await viewer.getByRole('tooltip').filter({ hasText: 'Requires the role developer' }).waitFor();
    await viewer.context().close();
  });
});
