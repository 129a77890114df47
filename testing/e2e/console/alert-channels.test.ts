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
  owner = await site.openAs('owner', '/alerts/channels');
});
afterAll(async () => {
  await site?.remove();
  await receiver?.close();
});

const output = (text: string) => owner.getByRole('status').filter({ hasText: text }).waitFor();
const button = (context: Page | Locator, name: string) => context.getByRole('button', { name, exact: true });
const field = (context: Page | Locator, label: string) => context.getByLabel(label, { exact: true });
const row = (text: string) => owner.getByRole('row').filter({ hasText: text });
const dialog = () => owner.getByRole('dialog');

it('lets an owner create, test, disable and delete a channel', async () => {
  await owner.getByText('No channels yet').waitFor();
  await button(owner, 'Create channel').click();
  await field(dialog(), 'Name').fill('On-call');
  await field(dialog(), 'Kind').selectOption('webhook');
  await button(dialog(), 'Create channel').click();
  await dialog().getByText('Must be a URL.').waitFor();
  await field(dialog(), 'URL').fill(`${receiver.url}/planted-path`);
  await button(dialog(), 'Create channel').click();
  await dialog().getByText('Copy it now.').waitFor();
  expect(await field(dialog(), 'signing secret').textContent()).toMatch(/^whsec_/);
  await button(dialog(), 'I have copied it').click();
  await row('On-call').getByText('127.0.0.1').waitFor();
  expect(await owner.content()).not.toContain('planted-path');

  await button(owner, 'Send a test through On-call').click();
  await output('On-call delivered the test.');
  expect(receiver.received).toMatchObject([{ path: '/planted-path' }]);

  receiver.respondStatus(404, 'no such hook');
  await button(owner, 'Send a test through On-call').click();
  await owner.getByText('The test of On-call was not delivered.').waitFor();
  await owner.getByText('no such hook').waitFor();
  await expectAccessible(owner);

  await button(owner, 'Change On-call').click();
  await field(dialog(), 'Name').fill('Night shift');
  await button(dialog(), 'Save').click();
  await output('Night shift changed.');
  await button(owner, 'Disable Night shift').click();
  await output('Night shift sends no alerts now.');
  await button(owner, 'Enable Night shift').click();
  await output('Night shift sends alerts again.');

  receiver.respondStatus(200, 'ok');
  await owner.getByRole('link', { name: 'Deliveries' }).click();
  await owner.getByRole('row').filter({ hasText: 'Failed' }).getByText('status 404').waitFor();
  await row('Failed')
    .getByRole('button', { name: /^Send again/ })
    .click();
  await output('Message delivered.');
  await row('sent again').getByText('Delivered').waitFor();
  await expectAccessible(owner);
  await field(owner, 'State').selectOption('dropped');
  await owner.getByText('No deliveries match these filters').waitFor();

  await owner.getByRole('link', { name: 'Channels', exact: true }).click();
  await button(owner, 'Delete Night shift').click();
  await button(dialog(), 'Delete').click();
  await output('Night shift deleted.');
});

it('shows a viewer neither channels nor deliveries', async () => {
  const viewer = await site.openAs('viewer', '/alerts/channels');
  await viewer.getByRole('heading', { name: 'Alert channels', level: 1 }).waitFor();
  await viewer
    .getByText(/role|developer/i)
    .first()
    .waitFor();
  expect(await viewer.getByRole('button', { name: 'Create channel' }).count()).toBe(0);
});
