import type { ApiFixture } from '../api/testing/api-fixture.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cheapPasswords } from '../services/testing/cheap-passwords.ts';
import { createAccounts } from '../services/sign-in/accounts.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createPageBrowser } from './testing/page-browser.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { countRows } from '../store/postgres/testing/tables.ts';
import { listAuditEntries } from '../services/testing/audit-entries.ts';
import { setColumns } from '../store/postgres/testing/set-columns.ts';
import { stretchSignInWaits } from '../store/postgres/testing/sign-in.ts';

const owner = { organization: 'Acme', email: 'analyst@example.com', password: 'a long test password' };
let api: ApiFixture;

beforeEach(async () => {
  api = await createApiFixture();
});
afterEach(() => api.close());

const newBrowser = () => createPageBrowser(api.app);
const listEntries = (action: string) => listAuditEntries(api.persistence.store, { actions: [action] });
const expireLinks = (table: 'setup_links' | 'password_links') =>
  setColumns(api.testDatabase.database, table, { expiresAt: ago({ seconds: 1 }) });
const issue = async () => `/sign-in/setup?token=${(await api.dependencies.pages.setup.issueLink()) ?? ''}`;

describe('the set-up link of a server without an owner', () => {
  it('creates the owner, signs them in, and is valid once', async () => {
    const link = await issue();
    const browser = newBrowser();
    expect((await browser.get(link)).text).toContain('<h1>Set up Pumphouse</h1>');
    expect((await browser.post(link, owner)).location).toBe('/');
    expect((await browser.get('/sign-in/account')).text).toContain(owner.email);
    const user = await api.persistence.store.people.findUserByEmail(owner.email);
    const memberships = await api.persistence.store.people.listMembershipsOf(user?.id ?? '');
    expect(memberships).toMatchObject([{ role: 'owner', name: 'Acme', dataplaneId: 'local' }]);
    expect(await listEntries('installation.set-up')).toMatchObject([
      { actorEmail: owner.email, targetName: 'Acme' },
    ]);

    const second = await newBrowser().get(link);
    expect(second.status).toBe(409);
    expect(second.text).toContain('already has an owner');
    expect(await api.dependencies.pages.setup.issueLink()).toBeNull();
  });

  it('shows errors beside the field, and keeps the input except the password', async () => {
    const link = await issue();
    const browser = newBrowser();
    await browser.get(link);
    const short = await browser.post(link, { ...owner, password: 'secret' });
    expect(short.status).toBe(400);
    expect(short.text).toMatch(/id="password-problem">\s*The password has 6 characters/);
    expect(short.text).toContain('value="Acme"');
    expect(short.text).toContain('value="analyst@example.com"');
    expect(short.text).not.toContain('secret"');
    const wrong = await browser.post(link, { ...owner, email: 'analyst' });
    expect(wrong.text).toMatch(/id="email-problem">\s*&quot;analyst&quot; is not an e-mail address/);
    expect((await browser.post(link, owner)).status).toBe(303);
  });

  it('replaces the links that other servers printed before', async () => {
    const first = await issue();
    const second = await issue();
    const refused = await newBrowser().get(first);
    expect(refused.status).toBe(404);
    expect(refused.text).toContain('replaced by a newer one');
    expect((await newBrowser().get(second)).status).toBe(200);
  });

  it('is one link when several servers start at the same time', async () => {
    const links = await Promise.all(Array.from({ length: 8 }, issue));
    const answers = await Promise.all(links.map((link) => newBrowser().get(link)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('creates one owner when several users submit at the same time', async () => {
    const link = await issue();
    const browsers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const browser = newBrowser();
        await browser.get(link);
        return browser;
      }),
    );
    const answers = await Promise.all(
      browsers.map((browser, number) => browser.post(link, { ...owner, email: `${number}@example.com` })),
    );
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      303, 409, 409, 409,
    ]);
    expect(await countRows(api.testDatabase.database, 'organizations')).toBe(1);
  });

  it('expires after a day, and when an owner is created on the command line', async () => {
    const link = await issue();
    await expireLinks('setup_links');
    expect((await newBrowser().get(link)).status).toBe(404);
    const next = await issue();
    await createAccounts(api.persistence, cheapPasswords).createOwner(owner);
    expect((await newBrowser().get(next)).status).toBe(409);
    expect(await countRows(api.testDatabase.database, 'setup_links')).toBe(0);
  });

  it('is mentioned on the sign-in page until then', async () => {
    expect((await newBrowser().get('/sign-in')).text).toContain('finds a set-up link in the server’s output');
  });
});

describe('create-owner and the set-up link', () => {
  const second = { email: 'second@example.com', password: owner.password, organization: null };
  async function listOwners(): Promise<{ organization: string; email: string }[]> {
    const { people, members } = api.persistence.store;
    const owners = [];
    for (const { id, name: organization } of await people.listSharedOrganizations(10)) {
      for (const { role, email } of await members.list(id))
        if (role === 'owner') owners.push({ organization, email });
    }
    const textOf = (found: { organization: string; email: string }) => `${found.organization} ${found.email}`;
    return owners.toSorted((one, other) => (textOf(one) < textOf(other) ? -1 : 1));
  }
  const createOwner = (wanted: { email: string; password: string; organization: string | null }) =>
    createAccounts(api.persistence, cheapPasswords).createOwner(wanted);

  it('create one organization in this order: the link, then create-owner', async () => {
    const link = await issue();
    const browser = newBrowser();
    await browser.get(link);
    await browser.post(link, owner);
    expect(await createOwner(second)).toMatchObject({ outcome: 'joined', organization: 'Acme' });
    expect(await listOwners()).toEqual([
      { organization: 'Acme', email: owner.email },
      { organization: 'Acme', email: second.email },
    ]);
    expect(await listEntries('member.add')).toMatchObject([
      { actorKind: 'server', targetName: second.email, after: { role: 'owner' } },
    ]);
  });

  it('create one organization in this order: create-owner, then the link', async () => {
    const link = await issue();
    expect(await createOwner(second)).toMatchObject({ outcome: 'created', organization: 'Default' });
    const browser = newBrowser();
    await browser.get('/sign-in');
    expect((await browser.post(link, owner)).status).toBe(409);
    expect(await listOwners()).toEqual([{ organization: 'Default', email: second.email }]);
  });

  it.each(['the link', 'create-owner'])(
    'create one organization at the same time, %s called first',
    async (first) => {
      const link = await issue();
      const browser = newBrowser();
      await browser.get(link);
      const calls = [() => browser.post(link, owner), () => createOwner(second)];
      await Promise.all((first === 'the link' ? calls : calls.toReversed()).map((call) => call()));
      const owners = await listOwners();
      expect(new Set(owners.map(({ organization }) => organization)).size).toBe(1);
      expect(owners.map(({ email }) => email)).toContain(second.email);
    },
  );

  it('create one organization from several create-owner commands at the same time', async () => {
    const emails = ['a@example.com', 'b@example.com', 'c@example.com'];
    await Promise.all(emails.map((email) => createOwner({ ...second, email })));
    expect(await listOwners()).toEqual(emails.map((email) => ({ organization: 'Default', email })));
  });

  it('use the organization named by --organization, and create it if it does not exist', async () => {
    await createOwner(owner);
    expect(await createOwner({ ...second, organization: 'Acme' })).toMatchObject({ outcome: 'joined' });
    expect(await createOwner({ ...second, email: 'c@example.com', organization: 'Other' })).toMatchObject({
      outcome: 'created',
    });
    expect((await listOwners()).map(({ organization }) => organization)).toEqual(['Acme', 'Acme', 'Other']);
  });

  it('require --organization when there are several', async () => {
    await createOwner(owner);
    await createOwner({ ...second, organization: 'Other' });
    const third = { ...second, email: 'c@example.com' };
    await expect(createOwner(third)).rejects.toThrow(
      'This server has 2 organizations: "Acme", "Other". Name the one to own: --organization NAME.',
    );
    expect(await api.persistence.store.accounts.findByEmail(third.email)).toBeUndefined();
    await createOwner({ ...third, organization: 'Other' });
    await setColumns(api.testDatabase.database, 'organizations', { name: 'Acme' });
    await expect(createOwner({ ...third, email: 'd@example.com', organization: 'Acme' })).rejects.toThrow(
      'Several organizations are called "Acme". Give the id of one',
    );
  });

  it('ignore the personal organizations of users', async () => {
    await createOwner(owner);
    await createOwner({ ...second, organization: 'Only mine' });
    await setColumns(api.testDatabase.database, 'organizations', { isPersonal: true }, { name: 'Only mine' });
    expect(await createOwner({ ...second, email: 'c@example.com' })).toMatchObject({ organization: 'Acme' });
  });

  it('set the password of an existing account and leave its roles', async () => {
    await createOwner(owner);
    expect(await createOwner({ ...owner, organization: 'Other' })).toMatchObject({ outcome: 'password' });
    expect(await listOwners()).toEqual([{ organization: 'Acme', email: owner.email }]);
  });
});

describe('a password link', () => {
  const linkFor = async (email: string) =>
    `/sign-in/reset-password?token=${await createAccounts(api.persistence).createPasswordLink(email)}`;

  beforeEach(() => createAccounts(api.persistence, cheapPasswords).createOwner(owner));

  it('sets the password once, ends all sessions, and signs in', async () => {
    const before = newBrowser();
    await before.signIn(owner.email, owner.password);
    const link = await linkFor(owner.email);
    const browser = newBrowser();
    expect((await browser.get(link)).text).toContain('value="analyst@example.com"');
    expect((await browser.post(link, { password: 'password1234' })).text).toContain('too common');
    expect((await browser.post(link, { password: 'another long password' })).location).toBe(
      '/sign-in/account?news=password',
    );
    expect((await browser.get('/sign-in/account')).status).toBe(200);
    expect((await before.get('/sign-in/account')).status).toBe(303);
    expect((await newBrowser().get(link)).status).toBe(404);
    expect((await newBrowser().signIn(owner.email, 'another long password')).status).toBe(303);
    const entries = await listAuditEntries(api.persistence.store);
    const own = entries.filter(({ action }) => /^person\..*password/.test(action));
    expect(own.slice(-2)).toMatchObject([
      { action: 'person.create-password-link', actorKind: 'server', after: null },
      { action: 'person.set-password', actorKind: 'person', after: { by: 'link' } },
    ]);
  });

  it('is valid for an hour, and only the latest one', async () => {
    const first = await linkFor(owner.email);
    const second = await linkFor(owner.email);
    expect((await newBrowser().get(first)).status).toBe(404);
    await expireLinks('password_links');
    expect((await newBrowser().get(second)).status).toBe(404);
    await expect(linkFor('nobody@example.com')).rejects.toMatchObject({ code: 'not_found' });
  });

  it("lets a user in whose account was blocked by others' failed attempts", async () => {
    for (let number = 0; number < 6; number += 1) await newBrowser().signIn(owner.email, 'not the password');
    // Block the account; this address still has attempts left.
    await stretchSignInWaits(api.testDatabase.database);
    expect((await newBrowser().signIn(owner.email, owner.password)).text).toContain(
      'Try again in 3600 seconds',
    );
    const link = await linkFor(owner.email);
    const browser = newBrowser();
    await browser.get(link);
    await browser.post(link, { password: 'another long password' });
    expect((await newBrowser().signIn(owner.email, 'another long password')).status).toBe(303);
  });
});
