import type { MailServerOptions, TestMailServer } from '../../../../../testing/fixtures/mail-server.ts';
import type { Mailer } from '../../mail/mailer.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createLoops } from '../../platform/loops.ts';
import { defineMailLoop } from '../../scheduler/mail-loop.ts';
import { createPeopleFixture } from '../testing/people-fixture.ts';
import { createSendInvitationMails } from './send-invitation-mails.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSmtpMailer } from '../../mail/smtp-mailer.ts';
import { readMailText, startMailServer } from '../../../../../testing/fixtures/mail-server.ts';
import { ago, fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { countRows, readTable } from '../../store/postgres/testing/tables.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: Awaited<ReturnType<typeof createPeopleFixture>>;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createPeopleFixture(fixture);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await fixture.database.execute('delete from invitation_mails');
});

async function startMail(options?: MailServerOptions): Promise<TestMailServer> {
  const server = await startMailServer(options);
  closing.push(server.close);
  return server;
}

function createSender(url: string) {
  const mailer: Mailer = createSmtpMailer({ smtpUrl: new URL(url), from: 'Pumphouse <pump@example.com>' });
  closing.push(async () => mailer.close());
  const { persistence, encryption, log } = fixture;
  const send = createSendInvitationMails({ persistence, encryption, mailer, log });
  return { send, mailer };
}

async function invite(email = 'analyst@example.com') {
  const wanted = { organizationId: context.organizationId, email, role: 'member' as const, workspaces: [] };
  return fixture.invitations.create(context.owner.principal, wanted, 'https://pump.example.com');
}

const never = new AbortController().signal;
const setMails = (columns: { takenUntil?: Date | null; failures?: number }) =>
  setColumns(fixture.database, 'invitation_mails', columns);
/** Makes waiting mails due now. */
const hurry = () => setMails({ takenUntil: null });

async function mailOf(invitationId: string) {
  const invitation = await fixture.store.invitations.get(invitationId);
  const { mailedAt, mailFailedAt, isMailWaiting } = invitation ?? {};
  if (mailedAt) return 'sent';
  return mailFailedAt ? 'failed' : isMailWaiting ? 'waiting' : 'none';
}

it('passes the link to the mail server, then deletes it', async () => {
  const account = { user: 'pump@example.com', password: 'p@ss word/%' };
  const server = await startMail({ account });
  const { user, password } = account;
  const url = `smtp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`;
  const { send } = createSender(url);
  const { invitation, link } = await invite('analyst.lovelace+pump@example.com');
  expect(await mailOf(invitation.id)).toBe('waiting');
  const [stored] = await readTable(fixture.database, 'invitation_mails');
  const hex = Buffer.from(new URL(link).searchParams.get('token') ?? '').toString('hex');
  expect(stored).not.toContain(hex);

  expect(await send(never)).toBe(1);
  expect(await send(never)).toBe(0);
  const [mail, ...others] = server.received;
  expect(others).toEqual([]);
  expect(mail).toMatchObject({ to: ['analyst.lovelace+pump@example.com'], user });
  expect(mail && readMailText(mail)).toContain(link);
  expect(mail?.source).toMatch(/^Subject: Invitation to Acme on Pumphouse\r$/m);
  expect(mail?.source).toMatch(/^From: Pumphouse <pump@example.com>\r$/m);
  expect(mail?.source).toContain(`<${invitation.id}@example.com>`);
  expect(await mailOf(invitation.id)).toBe('sent');
  expect(await countRows(fixture.database, 'invitation_mails')).toBe(0);
});

it('does not let an organization inject headers', async () => {
  const server = await startMail();
  await fixture.store.people.updateOrganization(context.organizationId, {
    name: 'Acme\r\nBcc: all@example.com',
    description: null,
    defaultWorkspaceRole: null,
    maxKeyDays: null,
  });
  await invite();
  await createSender(server.url).send(never);
  expect(server.received[0]?.to).toEqual(['analyst@example.com']);
  expect(server.received[0]?.source.split('\r\n\r\n', 1)[0]).not.toMatch(/^Bcc/im);
});

it('retries temporary failures later: no server, a busy one, a wrong password', async () => {
  const busy = { code: 451, text: 'come back later' };
  const state: { refusal: typeof busy | null } = { refusal: busy };
  const server = await startMail({
    account: { user: 'pump', password: 'right' },
    refuse: () => state.refusal,
  });
  const { invitation } = await invite();
  const gone = await startMailServer();
  await gone.close();
  const right = createSender(`smtp://pump:right@127.0.0.1:${server.port}`);
  for (const { send } of [
    createSender(gone.url),
    right,
    createSender(`smtp://pump:wrong@127.0.0.1:${server.port}`),
  ]) {
    const triedAt = Date.now();
    expect(await send(never)).toBe(1);
    expect(await mailOf(invitation.id)).toBe('waiting');
    // Not immediately.
    const { takenUntil } = await fixture.database.one<{ takenUntil: Date }>(
      'select taken_until as "takenUntil" from invitation_mails',
    );
    expect(takenUntil.getTime()).toBeGreaterThanOrEqual(triedAt + 4000);
    await setMails({ takenUntil: fromNow({ hours: 1 }) });
    expect(await send(never)).toBe(0);
    await hurry();
  }
  state.refusal = null;
  await right.send(never);
  expect(await mailOf(invitation.id)).toBe('sent');
  expect(server.received).toHaveLength(1);
});

it('waits longer after each failure, up to an hour', async () => {
  await invite();
  await setMails({ failures: 500 });
  const [mail] = await fixture.store.invitationMails.take(1, 60);
  await fixture.store.invitationMails.putBack(mail?.invitationId ?? '');
  const { seconds } = await fixture.database.one<{ seconds: number }>(
    'select extract(epoch from taken_until - now())::float8 as seconds from invitation_mails',
  );
  expect(seconds).toBeGreaterThan(3000);
  expect(seconds).toBeLessThan(3601);
});

it('gives up on a mailbox that does not exist, and reports it', async () => {
  const server = await startMail({
    refuse: (address) => (address.startsWith('nobody') ? { code: 550, text: 'no such mailbox' } : null),
  });
  const [gone, good] = [await invite('nobody@example.com'), await invite('analyst@example.com')];
  await createSender(server.url).send(never);
  expect(await mailOf(gone.invitation.id)).toBe('failed');
  expect(await mailOf(good.invitation.id)).toBe('sent');
  // The link is still valid.
  const token = new URL(gone.link).searchParams.get('token') ?? '';
  expect(await fixture.invitations.describe(token)).toMatchObject({ email: 'nobody@example.com' });
});

it('sends nothing for invitations that are no longer pending', async () => {
  const server = await startMail();
  const user = await context.createUser();
  const [revoked, accepted, expired] = [
    await invite('a@example.com'),
    await invite(user.email),
    await invite('c@example.com'),
  ];
  await fixture.invitations.revoke(context.owner.principal, context.organizationId, revoked.invitation.id);
  const token = new URL(accepted.link).searchParams.get('token') ?? '';
  await fixture.invitations.accept(null, token, user.userId);
  await setColumns(
    fixture.database,
    'invitations',
    { expiresAt: ago({ seconds: 1 }) },
    { id: expired.invitation.id },
  );
  expect(await createSender(server.url).send(never)).toBe(0);
  expect(server.received).toEqual([]);
});

it('is sent again by another server if the one that claimed it died before recording it', async () => {
  const held = Promise.withResolvers<void>();
  const server = await startMail({ hold: () => held.promise });
  const { invitation } = await invite();
  const dying = new AbortController();
  const first = createSender(server.url);
  const round = first.send(dying.signal);
  await expect.poll(() => server.connections()).toBe(1);
  dying.abort();
  await round;
  expect(await mailOf(invitation.id)).toBe('waiting');
  // Still claimed: no server sends it a second time meanwhile.
  const second = createSender(server.url);
  expect(await second.send(never)).toBe(0);
  held.resolve();
  await expect.poll(() => server.received.length).toBe(1);
  await hurry();
  await second.send(never);
  expect(await mailOf(invitation.id)).toBe('sent');
  const ids = server.received.map(({ source }) => /^Message-ID: (.+)\r$/im.exec(source)?.[1]);
  expect(ids).toEqual([`<${invitation.id}@example.com>`, `<${invitation.id}@example.com>`]);
});

it('sends one mail, however many servers send concurrently', async () => {
  const server = await startMail();
  const made = await Promise.all(Array.from({ length: 12 }, (_, n) => invite(`analyst${n}@example.com`)));
  const senders = [createSender(server.url), createSender(server.url), createSender(server.url)];
  for (let round = 0; round < 4; round += 1) await Promise.all(senders.map(({ send }) => send(never)));
  expect(server.received.flatMap(({ to }) => to).toSorted()).toEqual(
    made.map(({ invitation }) => invitation.email).toSorted(),
  );
});

it('is sent as soon as it is requested, and a silent mail server delays the end of the loop only briefly', async () => {
  const held = Promise.withResolvers<void>();
  const server = await startMail({ hold: () => held.promise });
  const { send, mailer } = createSender(server.url);
  const loop = createLoops({ onWake: fixture.persistence.onWake, log: fixture.log });
  await loop.start(defineMailLoop(send));
  const kinds: (string | undefined)[] = [];
  const subscription = await fixture.persistence.onWake((kind) => kinds.push(kind));
  closing.push(() => subscription.close());
  const { invitation } = await invite();
  // The call did not wait for the mail server, which has not answered yet.
  expect(await mailOf(invitation.id)).toBe('waiting');
  await expect.poll(() => server.connections()).toBe(1);
  // Woken by the commit rather than by its timer.
  await expect.poll(() => kinds).toContain('mail');
  await loop.stop();
  mailer.close();
  held.resolve();
  expect(await mailOf(invitation.id)).toBe('waiting');
});
