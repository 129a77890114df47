import type { AlertReceiver } from '../../fixtures/alert-receiver.ts';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { startAlertReceiver } from '../../fixtures/alert-receiver.ts';

// From an empty workspace to an incident that a member handles. Each test continues from the previous one.

let site: ConsoleSite;
let owner: Page;
let receiver: AlertReceiver;

beforeAll(async () => {
  receiver = await startAlertReceiver();
  site = await startEmptyConsoleSite({ PUMPHOUSE_ALERTS_ALLOWED_TARGETS: '127.0.0.1' });
  await deployWorkspace(site.server, site.api.id, {
    files: {
      'unsteady.py': 'raise KeyError("id")\n',
      'silent.py': 'import time\nwhile True:\n    time.sleep(1)\n',
    },
    jobs: [
      defineScriptJob('unsteady'),
      { ...defineScriptJob('silent'), execute: { timeout: { grace_period: 1 } } },
    ],
  });
  owner = await site.openAs('owner', '/alerts/channels');
});
afterAll(async () => {
  await site?.remove();
  await receiver?.close();
});

const widths = [1440, 390];
const button = (context: Page | Locator, name: string | RegExp) =>
  context.getByRole('button', { name, ...(typeof name === 'string' && { exact: true }) });
const field = (context: Page | Locator, label: string) => context.getByLabel(label, { exact: true });
const row = (text: string | RegExp) => owner.getByRole('row').filter({ hasText: text });
const output = (text: string) => owner.getByRole('status').filter({ hasText: text }).waitFor();
const open = (path: string) => owner.goto(site.workspaceUrl(path));

/** Checks the page at each width, and leaves the widest. Screenshots go to the folder of the variable, if it is set. */
async function expectAccessibleAt(name: string): Promise<void> {
  const folder = process.env['PUMPHOUSE_TEST_SCREENSHOTS'];
  for (const width of [...widths, widths[0] ?? 0]) {
    await owner.setViewportSize({ width, height: 900 });
    await expectAccessible(owner);
    if (folder) await owner.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true });
  }
}

it('an owner creates a channel and tests it', async () => {
  await button(owner, 'Create channel').click();
  const dialog = owner.getByRole('dialog');
  await field(dialog, 'Name').fill('On-call');
  await field(dialog, 'Kind').selectOption('webhook');
  await field(dialog, 'URL').fill(`${receiver.url}/hook`);
  await button(dialog, 'Create channel').click();
  await button(dialog, 'I have copied it').click();
  await button(owner, 'Send test through On-call').click();
  await output('On-call delivered the test.');
  expect(receiver.received).toHaveLength(1);
  await expectAccessibleAt('channels');
});

it('adds the suggested rules, which send to the channel', async () => {
  const { promise: isClicked, resolve: release } = Promise.withResolvers<void>();
  await owner.route(/\/alert-channels/, async (route) => {
    await isClicked;
    await route.continue();
  });
  await open('/alerts/rules');
  await button(owner, 'Add suggested rules').click();
  release();
  // A handler that is still at work fails outside of all tests: its request went on without it.
  await owner.unrouteAll({ behavior: 'ignoreErrors' });
  await output('The suggested rules were added.');
  await row('Run failed').getByText('On-call').waitFor();
  await expectAccessibleAt('rules');
});

it('sees the incident of a failed run without a reload, and its message arrives', async () => {
  await open('/alerts');
  await owner.getByText('No open incidents').waitFor();
  await site.api.awaitEnd(await triggerJob(site.server, site.api.id, 'jobs.unsteady'));
  await row(/unsteady failed/).waitFor();
  await expect.poll(() => receiver.received.map(({ body }) => body).join()).toContain('alert.opened');
  await expectAccessibleAt('incidents');
});

it('snoozes the incident, acknowledges it, and the receiver learns of that', async () => {
  const incident = row(/unsteady failed/);
  await button(incident, /^Snooze/).click();
  await owner.getByRole('menuitem').first().click();
  await incident.getByText('Snoozed').waitFor();
  await button(incident, /^Acknowledge/).click();
  await incident.getByText('Acknowledged').waitFor();
  await incident.getByText('by owner@example.com').waitFor();
  await expect.poll(() => receiver.received.map(({ body }) => body).join()).toContain('alert.acknowledged');
  await expectAccessibleAt('acknowledged');
});

it('acknowledges on the overview an incident that no other row shows', async () => {
  const { client } = site.server;
  await client.call('create_alert_rule', {
    params: { workspace_id: site.api.id },
    body: { name: 'Silent runs', kind: 'no_output', conditions: { after_seconds: 10 } },
  });
  const jobRunId = await triggerJob(site.server, site.api.id, 'jobs.silent');
  await open('/');
  const attention = owner.getByRole('region', { name: '1 job and 1 incident need attention' });
  await attention.getByRole('link', { name: /silent/ }).waitFor();
  await expectAccessibleAt('attention');
  await button(attention, /^Acknowledge .*silent/).click();
  await owner.getByRole('region', { name: '1 job needs attention' }).waitFor();
  await client.call('cancel_job_run', { params: { workspace_id: site.api.id, job_run_id: jobRunId } });
  await site.api.awaitEnd(jobRunId);
});

it('sees in the delivery log what was sent', async () => {
  await open('/alerts/deliveries');
  await row('Acknowledged').getByText('Delivered').waitFor();
  await row('Opened').getByText('Delivered').waitFor();
  await row('Test').getByText('Delivered').waitFor();
  await expectAccessibleAt('deliveries');
  expect(site.complaints).toEqual([]);
});
