import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Locator, Page } from 'playwright-core';
import { readFile } from 'node:fs/promises';
import { createClient } from '@pumphouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineScriptJob, deployWorkspace, triggerJob } from '../../fixtures/deploy-workspace.ts';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { ownerPassword } from '../../fixtures/server.ts';
import { startTestWorker } from '../../fixtures/worker.ts';

let site: ConsoleSite;
let owner: Page;
let organizationId: string;

const writesData = `
import os
os.makedirs(os.environ["DLT_LOCAL_DIR"] + "/raw", exist_ok=True)
open(os.environ["DLT_LOCAL_DIR"] + "/shop.duckdb", "w").write("rows")
open(os.environ["DLT_LOCAL_DIR"] + "/raw/orders.csv", "w").write("id\\n" * 500)
`;

beforeAll(async () => {
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, {
    files: { 'orders.py': writesData },
    jobs: [defineScriptJob('orders', ['webhook:orders'])],
    configuration: { 'config.toml': '', 'prod.config.toml': '[shop]\nsize = 1\n' },
  });
  await site.api.awaitEnd(await triggerJob(site.server, site.api.id, 'jobs.orders'));
  const params = { workspace_id: site.api.id };
  organizationId = (await site.server.client.call('get_workspace', { params })).organization_id;
  owner = await site.openAs('owner', '/settings');
});
afterAll(() => site?.remove());

const output = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text }).waitFor();
const button = (context: Page | Locator, name: string) => context.getByRole('button', { name, exact: true });
const section = (page: Page, name: string | RegExp) => page.getByRole('region', { name });
const field = (context: Page | Locator, label: string) => context.getByLabel(label, { exact: true });
const row = (page: Page, message: string) => page.getByRole('row').filter({ hasText: message });
const dialog = (page: Page) => page.getByRole('dialog');

async function goTo(page: Page, path: string, title: string): Promise<void> {
  await page.goto(path.startsWith('http') ? path : site.workspaceUrl(`/settings${path}`));
  await page.getByRole('heading', { name: title, level: 1, exact: true }).waitFor();
}

const organizationUrl = (path = '') => `${site.server.url}/organizations/${organizationId}${path}`;

/** Reads a secret that is shown once, and confirms that it was copied. */
async function takeSecret(page: Page, what: string): Promise<string> {
  await dialog(page).getByText('Copy it now.').waitFor();
  const secret = await field(dialog(page), what).textContent();
  await button(dialog(page), 'I have copied it').click();
  await dialog(page).waitFor({ state: 'detached' });
  return secret ?? '';
}

/** Follows an invitation's link, creates an account, and lands in the console. */
async function accept(link: string): Promise<Page> {
  const page = await (await site.browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(link);
  await field(page, 'New password').fill(ownerPassword);
  await button(page, 'Create account and join').click();
  await page.getByText('You have joined.').waitFor();
  return page;
}

describe('an owner, using only the console,', () => {
  it('renames the workspace, and sees errors beside the field', async () => {
    await goTo(owner, '', 'General');
    await field(owner, 'Name').fill(' ');
    await button(owner, 'Save').click();
    await owner.getByText('Must have 1 to 200 characters.').waitFor();
    expect(await owner.locator('input:focus').inputValue()).toBe(' ');
    await field(owner, 'Name').fill('acme-data');
    await field(owner, 'Description').fill('Orders of the shop');
    await button(owner, 'Save').click();
    await output(owner, 'Saved.');
    const { description } = await site.server.client.call('get_workspace', {
      params: { workspace_id: site.api.id },
    });
    expect(description).toBe('Orders of the shop');
  });

  it('archives the workspace after typing its name, sees rejected changes with the reason, and unarchives it', async () => {
    await goTo(owner, '', 'General');
    await button(owner, 'Archive workspace').click();
    await owner.getByLabel('Type acme-data to confirm').fill('acme-data');
    await button(dialog(owner), 'Archive').click();
    await output(owner, 'Archived.');
    await goTo(owner, '/variables', 'Variables');
    await button(owner, 'Add variable').hover();
    await owner.getByRole('tooltip').filter({ hasText: 'This workspace is archived' }).waitFor();
    await goTo(owner, '', 'General');
    await button(owner, 'Restore workspace').click();
    await output(owner, 'Restored.');
  });

  it('sets variables: a secret that is never shown, and one for a profile', async () => {
    await goTo(owner, '/variables', 'Variables');
    await button(owner, 'Add variable').click();
    await field(dialog(owner), 'Name').fill('PUMPHOUSE_TOKEN');
    await field(dialog(owner), 'Value').fill('of-no-account-1234');
    await button(dialog(owner), 'Save').click();
    await dialog(owner).getByText('Is reserved: Pumphouse sets it in every run.').waitFor();
    await field(dialog(owner), 'Name').fill('SHOP__TOKEN');
    await button(dialog(owner), 'Save').click();
    await output(owner, 'SHOP__TOKEN saved.');
    expect(await row(owner, 'SHOP__TOKEN').textContent()).toContain('•••••••• secret');
    expect(await owner.content()).not.toContain('of-no-account-1234');

    await button(owner, 'Add variable').click();
    await field(dialog(owner), 'Name').fill('SHOP__REGION');
    await field(dialog(owner), 'Scope').selectOption('Runs of the profile prod');
    await field(dialog(owner), 'Plain').check();
    await field(dialog(owner), 'Value').fill('north');
    await button(dialog(owner), 'Save').click();
    await output(owner, 'SHOP__REGION saved.');
    const ofProd = section(owner, 'Runs of the profile prod');
    expect(await ofProd.getByRole('row').nth(1).textContent()).toContain('north');
  });

  it('is told when another user changed the variable meanwhile, and deletes it after a confirmation', async () => {
    await goTo(owner, '/variables', 'Variables');
    await button(owner, 'Replace SHOP__REGION').click();
    await site.server.client.call('update_workspace_variables', {
      params: { workspace_id: site.api.id },
      body: { profile: 'prod', upserts: [{ name: 'SHOP__REGION', type: 'plain', value: 'east' }] },
    });
    await field(dialog(owner), 'Value').fill('south');
    await button(dialog(owner), 'Save').click();
    await dialog(owner).getByText('This variable was changed while the form was open').waitFor();
    await row(owner, 'east').waitFor();
    await button(dialog(owner), 'Overwrite').click();
    await output(owner, 'SHOP__REGION saved.');
    await row(owner, 'south').waitFor();
    await button(owner, 'Delete SHOP__REGION').click();
    await button(dialog(owner), 'Delete').click();
    await output(owner, 'SHOP__REGION deleted.');
    await row(owner, 'SHOP__REGION').waitFor({ state: 'detached' });
  });

  it('invites a user to the workspace, and revokes the invitation', async () => {
    await goTo(owner, '/members', 'Members');
    await field(owner, 'Email').fill('nobody');
    await button(owner, 'Send invitation').click();
    await owner.getByText('Must be an e-mail address.').waitFor();
    await field(owner, 'Email').fill('guest@example.com');
    await field(owner, 'Role').selectOption('developer');
    await button(owner, 'Send invitation').click();
    await dialog(owner).getByText('This server sends no email').waitFor();
    const link = await takeSecret(owner, 'link');
    expect(link).toContain('/sign-in/invitation?token=dlt_i_');
    expect(await row(owner, 'guest@example.com').textContent()).toContain('developer in acme-data');
    await button(owner, 'Revoke invitation for guest@example.com').click();
    await button(dialog(owner), 'Revoke').click();
    await output(owner, 'Invitation for guest@example.com revoked.');
    expect((await fetch(link)).status).toBe(404);
  });

  it('invites a member of the organization, who joins, gets a role in the workspace, and is removed', async () => {
    await goTo(owner, organizationUrl('/members'), 'Members');
    await field(owner, 'Email').fill('member@example.com');
    await button(owner, 'Send invitation').click();
    const member = await accept(await takeSecret(owner, 'link'));

    await goTo(owner, '/members', 'Members');
    await field(owner, 'Member').selectOption('member@example.com');
    await button(owner, 'Add member').click();
    await output(owner, 'member@example.com is now viewer.');
    await owner.getByLabel('Assigned role of member@example.com').selectOption('developer');
    await output(owner, 'member@example.com is now developer.');
    await member.goto(site.workspaceUrl('/settings/members'));
    await row(member, 'member@example.com').filter({ hasText: 'you' }).waitFor();
    await button(owner, 'Remove member@example.com').click();
    await button(dialog(owner), 'Remove').click();
    await output(owner, 'member@example.com no longer has an assigned role here.');

    // The owner of the organization sees what the member creates, and may take a role in it.
    await member.goto(organizationUrl());
    await field(member, 'Name').fill('lab');
    await button(member, 'Create workspace').click();
    await member.getByRole('navigation', { name: 'Workspace' }).waitFor();
    await goTo(owner, organizationUrl(), 'Workspaces');
    await row(owner, 'acme-data')
      .getByText(/No runs yet|Healthy|failing|active/)
      .first()
      .waitFor();
    await owner.getByLabel('Your role in lab').selectOption('viewer');
    await output(owner, 'You are now viewer in lab.');
    await owner.getByRole('link', { name: 'lab', exact: true }).waitFor();

    await goTo(owner, organizationUrl('/members'), 'Members');
    await owner.getByLabel('Role of member@example.com').selectOption('owner');
    await output(owner, 'member@example.com is now owner of the organization.');
    await button(owner, 'Remove member@example.com').click();
    await dialog(owner).getByLabel('Type member@example.com to confirm').fill('member@example.com');
    await button(dialog(owner), 'Remove').click();
    await output(owner, 'member@example.com removed.');
    await member.context().close();
  });

  it('creates a key that works in both its forms, sees when it was used, and revokes it', async () => {
    await goTo(owner, '/keys', 'Keys');
    await field(owner, 'Name').fill('CI');
    await field(owner, 'Expires in (days)').fill('400');
    await button(owner, 'Create key').click();
    await owner.getByText('Must be a whole number from 1 to 365.').waitFor();
    await field(owner, 'Expires in (days)').fill('30');
    await button(owner, 'Create key').click();
    const command = await dialog(owner).getByText('RUNTIME__AUTH_TOKEN=').textContent();
    const secret = await takeSecret(owner, 'key');
    const forms = [secret, command?.split('RUNTIME__AUTH_TOKEN=')[1] ?? ''];
    const params = { workspace_id: site.api.id };
    const readMe = (credential: string) =>
      createClient({ baseUrl: site.server.url, credential }).call('get_workspace_me', { params });
    for (const form of forms) {
      expect((await readMe(form)).workspace_role).toBe('developer');
      expect(await owner.content()).not.toContain(form);
    }
    await button(owner, 'Revoke key CI').click();
    await button(dialog(owner), 'Revoke').click();
    await output(owner, 'Key CI revoked.');
    for (const form of forms) await expect(readMe(form)).rejects.toMatchObject({ status: 401 });
  });

  it('sees the URL of a webhook on request, creates another, and requires signed deliveries', async () => {
    await goTo(owner, '/webhooks', 'Webhooks');
    const webhook = section(owner, 'webhook:orders');
    expect(await webhook.textContent()).not.toContain('dlt_h_');
    await button(webhook, 'Show the URL of webhook:orders').click();
    const address = (await webhook.getByText('/hooks/dlt_h_').textContent()) ?? '';
    await button(webhook, 'Rotate URL of webhook:orders').click();
    await button(dialog(owner), 'Rotate URL').click();
    await output(owner, 'webhook:orders has a new URL.');
    expect((await fetch(address, { method: 'POST' })).status).toBe(404);
    const fresh = (await webhook.getByText('/hooks/dlt_h_').textContent()) ?? '';
    expect((await fetch(fresh, { method: 'POST' })).status).toBe(202);

    await button(webhook, 'Set signing secret of webhook:orders').click();
    await field(dialog(owner), 'Signing secret').fill('short');
    await button(dialog(owner), 'Save').click();
    await dialog(owner).getByText('Must have 16 to 256 characters.').waitFor();
    await button(dialog(owner), 'Generate').click();
    await button(dialog(owner), 'Save').click();
    expect(await takeSecret(owner, 'signing secret')).toMatch(/^[0-9a-f]{64}$/);
    expect((await fetch(fresh, { method: 'POST' })).status).toBe(401);
    await button(webhook, 'Remove signing secret of webhook:orders').click();
    await button(dialog(owner), 'Remove').click();
    await output(owner, 'now accepts deliveries without a signature.');
  });

  it('sees the usage of runs, and limits it', async () => {
    await goTo(owner, '/usage', 'Usage');
    await section(owner, 'By job').getByRole('link', { name: 'jobs.orders' }).waitFor();
    await goTo(owner, organizationUrl('/usage?days=90'), 'Usage and limits');
    await section(owner, 'By workspace').getByText('acme-data').waitFor();
    await field(owner, 'Concurrent runs').fill('many');
    await button(owner, 'Save').click();
    await owner.getByText('Must be a whole number, or empty for no limit.').waitFor();
    await field(owner, 'Concurrent runs').fill('20');
    await field(owner, 'Run minutes per month').fill('6000');
    await button(owner, 'Save').click();
    await owner.getByText('of 6,000 min').waitFor();
    const params = { organization_id: organizationId };
    expect(await site.server.client.call('get_organization_limits', { params })).toMatchObject({
      concurrent_runs: 20,
      minutes_a_month: 6000,
    });
  });

  it('sees stored data of the organization and its retention', async () => {
    await goTo(owner, organizationUrl('/storage'), 'Storage');
    const cells = (message: string) => row(owner, message).getByRole('cell').allInnerTexts();
    expect((await cells('with attempts'))[1]).toMatch(/^[1-9]/);
    const [, count, size, oldest, age] = await cells('archives of deployments');
    expect(count).toBe('2');
    expect(size).toMatch(/^[1-9][\d.]* k?B$/);
    expect(oldest).toMatch(/\d\d:\d\d/);
    expect(age).not.toBe('');
    await owner.getByRole('heading', { name: 'Templates' }).waitFor();
    await expectAccessible(owner);
  });

  it('creates a worker, sees it connect, pauses and resumes it, and removes it', async () => {
    await goTo(owner, organizationUrl('/workers'), 'Workers');
    await field(owner, 'Name').fill('edge 1');
    await button(owner, 'Create worker').click();
    await owner.getByText('must be letters, digits').waitFor();
    await field(owner, 'Name').fill('edge-1');
    await button(owner, 'Create worker').click();
    await owner.getByText('bin/pumphouse worker --server').waitFor();
    const token = await takeSecret(owner, 'token');
    await row(owner, 'edge-1').getByText('Never connected').waitFor();
    const worker = await startTestWorker(site.server, { token, labels: ['zone=eu'] });
    try {
      await row(owner, 'edge-1').getByText('Connected', { exact: true }).waitFor();
      await row(owner, 'zone=eu').waitFor();
      await expectAccessible(owner);
      await button(owner, 'Pause worker edge-1').click();
      await output(owner, 'Worker edge-1 takes no new runs now.');
      await row(owner, 'Takes no new runs.').waitFor();
      await button(owner, 'Resume worker edge-1').click();
      await output(owner, 'Worker edge-1 takes new runs again.');
      await button(owner, 'Remove worker edge-1').click();
      await dialog(owner).getByRole('textbox').fill('edge-1');
      await button(dialog(owner), 'Remove').click();
      await output(owner, 'Worker edge-1 removed.');
      await owner.getByText('No workers yet').waitFor();
    } finally {
      await worker.remove();
    }
  });

  it('reads changes in the audit log, filtered by URL, and exports them', async () => {
    await goTo(owner, '/audit-log', 'Audit log');
    await button(owner, 'Action').click();
    await owner.getByRole('menuitemcheckbox', { name: 'Keys' }).click();
    await owner.waitForURL('**/audit-log?what=keys');
    await row(owner, 'revoked the key CI').waitFor();
    await expect.poll(() => owner.getByRole('row').count()).toBe(3);
    await owner.keyboard.press('Escape');
    const download = owner.waitForEvent('download');
    await button(owner, 'Export').click();
    const file = await download;
    expect(file.suggestedFilename()).toBe('acme-data-audit-log.ndjson');
    const lines = (await readFile(await file.path(), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual([
      'key.revoke',
      'key.create',
    ]);
    await goTo(owner, organizationUrl('/audit-log?what=places'), 'Audit log');
    await row(owner, 'set the limits of the organization').filter({ hasText: '6000' }).waitFor();
  });

  it('renames the organization, gives its members access to all workspaces, and creates another one', async () => {
    await goTo(owner, organizationUrl('/settings'), 'Settings');
    await field(owner, 'Name').fill('Acme');
    await field(owner, 'Default workspace role').selectOption('viewer in every workspace');
    await field(owner, 'Maximum lifetime of keys (days)').fill('180');
    await button(owner, 'Save').click();
    await output(owner, 'Saved.');
    const params = { organization_id: organizationId };
    expect(await site.server.client.call('get_organization_settings', { params })).toMatchObject({
      name: 'Acme',
      default_workspace_role: 'viewer',
      max_key_days: 180,
    });
    await field(owner, 'Name of the new organization').fill('Acme Research');
    await button(owner, 'Create organization').click();
    await owner.getByRole('heading', { name: 'Workspaces', level: 1 }).waitFor();
    await field(owner, 'Name').fill('trials');
    await button(owner, 'Create workspace').click();
    await owner.getByRole('navigation', { name: 'Workspace' }).waitFor();
  });

  it('creates and revokes a personal key, and ends other sessions', async () => {
    const other = await site.signIn('owner');
    const third = await site.signIn('owner');
    await goTo(owner, `${site.server.url}/account`, 'Keys and sessions');
    await field(owner, 'Name').fill('laptop');
    await button(owner, 'Create key').click();
    expect(await takeSecret(owner, 'key')).toMatch(/^dlt_u_/);
    await button(owner, 'Revoke key laptop').click();
    await button(dialog(owner), 'Revoke').click();
    await output(owner, 'Key laptop revoked.');
    const sessions = section(owner, 'Sessions');
    const ends = sessions.getByRole('button', { name: /^End session/ });
    const before = await ends.count();
    await ends.and(sessions.locator('[aria-disabled="false"]')).first().click();
    await output(owner, 'ended.');
    expect(await ends.count()).toBe(before - 1);
    await button(owner, 'End all other sessions').click();
    await button(dialog(owner), 'End sessions').click();
    await output(owner, before === 3 ? '1 other session ended.' : 'other sessions ended.');
    expect(await ends.count()).toBe(1);
    await Promise.all([other.close(), third.close()]);
  });
});

describe('a user who is not an owner', () => {
  it('sees which pages are for owners, and whom to ask', async () => {
    const viewer = await site.openAs('viewer', '/settings/variables');
    await viewer.getByText('Requires the role owner in this workspace').waitFor();
    await viewer.getByText('Owners: owner@example.com.').waitFor();
    for (const [path, title] of [
      ['/keys', 'Keys'],
      ['/audit-log', 'Audit log'],
      ['/webhooks', 'Webhooks'],
    ] as const) {
      await goTo(viewer, path, title);
      await viewer.getByText('Your role: viewer.').waitFor();
    }
    await goTo(viewer, organizationUrl('/usage'), 'Usage and limits');
    await viewer.getByText('Your role: collaborator.').waitFor();
    await viewer.context().close();
  });

  it('sees what is permitted, with the reason beside what is not', async () => {
    const developer = await site.openAs('developer', '/settings/webhooks');
    await section(developer, 'webhook:orders').waitFor();
    await goTo(developer, '/members', 'Members');
    expect(await row(developer, 'viewer@example.com').getByRole('combobox').count()).toBe(0);
    await button(developer, 'Remove viewer@example.com').hover();
    await developer.getByRole('tooltip').filter({ hasText: 'Requires the role owner' }).waitFor();
    await goTo(developer, '', 'General');
    expect(await field(developer, 'Name').getAttribute('readonly')).not.toBeNull();
    await button(developer, 'Archive workspace').focus();
    await developer.keyboard.press('Enter');
    await developer.getByRole('tooltip').filter({ hasText: 'Requires the role owner' }).waitFor();
    expect(await dialog(developer).count()).toBe(0);

    await goTo(developer, '/members', 'Members');
    await button(developer, 'Leave this workspace').click();
    await button(dialog(developer), 'Leave').click();
    // Only the personal organization, which every user has.
    await developer.waitForURL(
      (url) => /^\/w\/[^/]+$/.test(url.pathname) && !url.pathname.includes(site.api.id),
    );
    await developer.context().close();
  });
});

describe('the page of local data', () => {
  it('lists files of runs, downloads, resets and restores them', async () => {
    await goTo(owner, '/data', 'Local data');
    const files = section(owner, 'Profile prod');
    expect(await files.getByRole('row').allTextContents()).toEqual([
      expect.stringContaining('File'),
      expect.stringMatching(/^raw\/orders\.csv1\.5 kB/u),
      expect.stringMatching(/^shop\.duckdb4 B/u),
    ]);
    const saving = owner.waitForEvent('download');
    await button(files, 'Download shop.duckdb').click();
    expect((await saving).suggestedFilename()).toBe('shop.duckdb.tar.gz');
    await button(files, 'Reset').click();
    await field(dialog(owner), 'Type prod to confirm').fill('prod');
    await button(dialog(owner), 'Reset').click();
    await owner.getByText('Runs have kept no files').waitFor();
    await button(section(owner, 'Copies of what was reset'), 'Restore prod').click();
    await files.getByText('shop.duckdb').waitFor();
  });

  it('shows a viewer the files, and why the actions are not available', async () => {
    const viewer = await site.openAs('viewer', '/settings/data');
    const files = section(viewer, 'Profile prod');
    await files.getByText('shop.duckdb').waitFor();
    for (const name of ['Download all', 'Reset', 'Download shop.duckdb'])
      expect(await button(files, name).getAttribute('aria-disabled')).toBe('true');
    await viewer.context().close();
  });
});

describe('every settings page', () => {
  const ofWorkspace = [
    '',
    '/members',
    '/variables',
    '/keys',
    '/webhooks',
    '/data',
    '/usage',
    '/cost',
    '/audit-log',
  ];
  const ofOrganization = [
    '',
    '/members',
    '/usage',
    '/cost',
    '/storage',
    '/workers',
    '/audit-log',
    '/settings',
  ];

  it.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
    const page = await site.openAs('owner', '/settings', { colorScheme });
    const addresses = [
      ...ofWorkspace.map((path) => site.workspaceUrl(`/settings${path}`)),
      ...ofOrganization.map((path) => organizationUrl(path)),
      `${site.server.url}/account`,
    ];
    for (const address of addresses) {
      await page.goto(address);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByLabel('Loading', { exact: true }).first().waitFor({ state: 'detached' });
      await expectAccessible(page);
    }
    await page.context().close();
  });

  it('is one selection away on a narrow screen, without horizontal scrolling', async () => {
    const page = await site.openAs('owner', '/settings', { viewport: { width: 380, height: 800 } });
    for (const title of ['Webhooks', 'Usage and limits', 'Storage', 'Keys and sessions', 'Variables']) {
      await page.getByRole('combobox', { name: 'Settings' }).selectOption({ label: title });
      await page.getByRole('heading', { level: 1 }).filter({ hasText: title }).waitFor();
      const isWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
      expect([title, isWide]).toEqual([title, false]);
    }
    await page.context().close();
  });
});
