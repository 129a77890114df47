import type { AlertReceiver } from '../../fixtures/alert-receiver.ts';
import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { startAlertReceiver } from '../../fixtures/alert-receiver.ts';

let site: ConsoleSite;
let owner: Page;
let receiver: AlertReceiver;

beforeAll(async () => {
  receiver = await startAlertReceiver();
  site = await startEmptyConsoleSite({ PUMPHOUSE_ALERTS_ALLOWED_TARGETS: '127.0.0.1' });
  owner = await site.openAs('owner', '/settings/events');
});
afterAll(async () => {
  await site?.remove();
  await receiver?.close();
});

const output = (text: string) => owner.getByRole('status').filter({ hasText: text }).waitFor();
const button = (context: Page | Locator, name: string) => context.getByRole('button', { name, exact: true });
const field = (context: Page | Locator, label: string) => context.getByLabel(label, { exact: true });
const row = (text: string) => owner.getByRole('row').filter({ hasText: text });
const typeInput = () => dialog().getByRole('combobox', { name: 'Event types' });
const option = (type: string) => owner.getByRole('option').filter({ hasText: type });
const dialog = () => owner.getByRole('dialog');

it('lets an owner create, test, disable and delete a subscription, and send an event again', async () => {
  await owner.getByText('No subscriptions yet').waitFor();
  await button(owner, 'Create subscription').click();
  await field(dialog(), 'Name').fill('Warehouse');
  await field(dialog(), 'URL').fill(`${receiver.url}/planted-path`);
  await typeInput().fill('pumphouse.job_run.exploded');
  await typeInput().press('Enter');
  await button(dialog(), 'Create subscription').click();
  await dialog()
    .getByText(/contains pumphouse\.job_run\.exploded/i)
    .waitFor();
  await typeInput().press('Backspace');
  await typeInput().fill('pumphouse.deployment');
  await option('A new version of the code was uploaded.').waitFor();
  await expectAccessible(owner);
  await option('A new version of the code was uploaded.').click();
  await typeInput().fill('pumphouse.schema.*');
  await typeInput().press('Enter');
  await field(dialog(), 'Tags').fill('nightly');
  await button(dialog(), 'Create subscription').click();
  await dialog().getByText('Copy it now.').waitFor();
  expect(await field(dialog(), 'signing secret').textContent()).toMatch(/^whsec_/);
  await button(dialog(), 'I have copied it').click();
  await row('Warehouse').getByText('127.0.0.1').waitFor();
  await row('Warehouse').getByText('Only tag nightly').waitFor();
  await row('Warehouse').getByText('pumphouse.schema.*').waitFor();
  await row('Warehouse').getByText('pumphouse.deployment.created').waitFor();
  expect(await owner.content()).not.toContain('planted-path');

  await button(owner, 'Send test to Warehouse').click();
  await output('Warehouse accepted the test.');
  expect(receiver.received).toMatchObject([{ path: '/planted-path' }]);
  receiver.respondStatus(500, 'out of order');
  await button(owner, 'Send test to Warehouse').click();
  await owner.getByText('The test of Warehouse was not delivered.').waitFor();
  await expectAccessible(owner);

  receiver.respondStatus(200);
  await row('Failed')
    .getByRole('button', { name: /^Redeliver/ })
    .click();
  await output('Event delivered.');
  await row('sent again').getByText('Delivered').waitFor();
  await field(owner, 'State').selectOption('waiting');
  await owner.getByText('No deliveries match these filters').waitFor();

  await button(owner, 'Change Warehouse').click();
  await field(dialog(), 'Name').fill('Lake');
  await button(dialog(), 'Save').click();
  await output('Lake changed.');
  await button(owner, 'Disable Lake').click();
  await output('Lake gets no events now.');
  await button(owner, 'Enable Lake').click();
  await output('Lake gets events again.');
  await button(owner, 'Delete Lake').click();
  await button(dialog(), 'Delete').click();
  await output('Lake deleted.');
});

it('shows a viewer no subscriptions', async () => {
  const viewer = await site.openAs('viewer', '/settings/events');
  await viewer.getByRole('heading', { name: 'Events', level: 1 }).waitFor();
  expect(await viewer.getByRole('button', { name: 'Create subscription' }).count()).toBe(0);
});
