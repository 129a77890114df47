import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { SignInFixture } from '../testing/sign-in-fixture.ts';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSignInFixture } from '../testing/sign-in-fixture.ts';
import { readTable } from '../../store/postgres/testing/tables.ts';

let fixture: ServiceFixture;
let context: SignInFixture;
let person: { userId: string; email: string };

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = createSignInFixture(fixture);
  person = await context.createPerson();
});
afterEach(() => fixture.close());

const origin = 'https://pumphouse.example.com';
const redirectUri = 'http://127.0.0.1:46667/callback';

/** Begins a sign-in as the client does. */
async function issue(changes: { redirectUri?: string; codeChallenge?: string; state?: string } = {}) {
  const verifier = randomBytes(64).toString('base64url');
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
  const request = { codeChallenge, redirectUri, state: 'state of the client', ...changes };
  const url = await context.asClient(() => fixture.signIn.authorizationRequests.issue(request, origin));
  return { url, id: new URL(url).searchParams.get('request') ?? '', verifier };
}

/**
 * Approves a sign-in.
 * @returns the code
 */
async function approve(id: string): Promise<string> {
  const url = new URL(await fixture.signIn.authorizationRequests.approve(id, person.userId));
  return url.searchParams.get('code') ?? '';
}

const redeem = (code: string, verifier: string) =>
  context.asClient(() => fixture.signIn.authorizationRequests.redeem(code, verifier));

const refusal = (text: RegExp) => ({
  code: 'sign_in_refused',
  message: expect.stringMatching(text) as unknown,
});

describe('a sign-in in the browser', () => {
  it('goes from the client to the page and back to the client', async () => {
    const { authorizationRequests, sessions } = fixture.signIn;
    const { url, id, verifier } = await issue();
    expect(url).toBe(`${origin}/sign-in/authorize?request=${id}`);
    expect(await authorizationRequests.describe(id)).toMatchObject({
      id,
      client: 'dlthub-cli 0.28.7',
      address: '10.0.0.1',
      redirectUri,
    });
    const back = new URL(await authorizationRequests.approve(id, person.userId));
    expect(`${back.origin}${back.pathname}`).toBe(redirectUri);
    expect([...back.searchParams.keys()]).toEqual(['code', 'state']);
    expect(back.searchParams.get('state')).toBe('state of the client');
    const signedIn = await redeem(back.searchParams.get('code') ?? '', verifier);
    expect(signedIn).toMatchObject({ userId: person.userId, email: person.email });
    expect(await sessions.list(person.userId)).toMatchObject([
      { id: signedIn.sessionId, client: 'dlthub-cli 0.28.7' },
    ]);
  });

  it.each([
    ['redirect_uri', { redirectUri: 'http://example.com:80/callback' }],
    ['code_challenge', { codeChallenge: 'plain' }],
    ['code_challenge', { codeChallenge: `${'a'.repeat(42)}=` }],
    ['state', { state: '' }],
    ['state', { state: 'x'.repeat(513) }],
    ['state', { state: 'a\nb' }],
  ])('is rejected with %s that no client would send: %j', async (key, changes) => {
    await expect(issue(changes)).rejects.toMatchObject({ code: 'invalid_request', extra: [{ key }] });
    expect(await context.count('authorization_requests')).toBe(0);
  });

  it('that the user denies reports it to the client, without a code', async () => {
    const { id } = await issue();
    const back = new URL(await fixture.signIn.authorizationRequests.deny(id));
    expect(Object.fromEntries(back.searchParams)).toEqual({
      error: 'access_denied',
      state: 'state of the client',
    });
    await expect(approve(id)).rejects.toMatchObject(refusal(/already answered/));
  });

  it('is answered once, however many pages are open', async () => {
    const { id } = await issue();
    const { authorizationRequests } = fixture.signIn;
    const answers = await Promise.allSettled([
      ...Array.from({ length: 10 }, () => authorizationRequests.approve(id, person.userId)),
      ...Array.from({ length: 10 }, () => authorizationRequests.deny(id)),
    ]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(authorizationRequests.describe(id)).rejects.toMatchObject(refusal(/already answered/));
  });

  it('expires after 10 minutes', async () => {
    const { id } = await issue();
    await context.letPass('590 seconds');
    expect(await fixture.signIn.authorizationRequests.describe(id)).toMatchObject({ id });
    await context.letPass('10 seconds');
    for (const operation of [
      () => fixture.signIn.authorizationRequests.describe(id),
      () => approve(id),
      () => fixture.signIn.authorizationRequests.deny(id),
    ])
      await expect(operation()).rejects.toMatchObject(refusal(/has expired/));
  });

  it.each(['', 'nonsense', randomUUID(), `${randomUUID()}'`, '\0'])(
    'that does not exist is unknown: %j',
    async (id) => {
      const { authorizationRequests } = fixture.signIn;
      await expect(authorizationRequests.describe(id)).rejects.toMatchObject(
        refusal(/sign-in does not exist/),
      );
      await expect(approve(id)).rejects.toMatchObject(refusal(/sign-in does not exist/));
    },
  );
});

describe('an authorization code', () => {
  it('is valid for a minute', async () => {
    const { id, verifier } = await issue();
    const code = await approve(id);
    await context.letPass('60 seconds');
    await expect(redeem(code, verifier)).rejects.toMatchObject(refusal(/has expired/));
    expect(await context.count('sessions')).toBe(0);
  });

  it('that was never issued is unknown', async () => {
    for (const code of ['', 'dlt_c_', 'nonsense'])
      await expect(redeem(code, 'verifier')).rejects.toMatchObject(refusal(/code does not exist/));
  });

  it('is useless without the verifier, and stays valid', async () => {
    const { id, verifier } = await issue();
    const code = await approve(id);
    for (const other of ['', verifier.slice(1), createHash('sha256').update(verifier).digest('base64url')])
      await expect(redeem(code, other)).rejects.toMatchObject(refusal(/verifier/));
    expect(await redeem(code, verifier)).toMatchObject({ userId: person.userId });
  });

  it('that is reused ends the session that it began', async () => {
    const { id, verifier } = await issue();
    const code = await approve(id);
    const { refreshToken, sessionId } = await redeem(code, verifier);
    await expect(redeem(code, 'another verifier')).rejects.toMatchObject(refusal(/verifier/));
    expect(await fixture.signIn.sessions.list(person.userId)).toHaveLength(1);
    await expect(redeem(code, verifier)).rejects.toMatchObject(refusal(/already used/));
    await expect(fixture.signIn.sessions.refresh(refreshToken)).rejects.toMatchObject({
      code: 'session_ended',
    });
    expect((await context.listChanges()).at(-1)).toMatchObject({
      action: 'session.revoke',
      actorKind: 'nobody',
      targetId: sessionId,
      after: { because: 'code-replayed' },
    });
  });

  it('that is used concurrently begins at most one session, which is then ended', async () => {
    const { id, verifier } = await issue();
    const code = await approve(id);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => redeem(code, verifier)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await context.count('sessions')).toBe(1);
    expect(await fixture.signIn.sessions.list(person.userId)).toEqual([]);
  });

  it('of an account that was disabled meanwhile begins nothing', async () => {
    const { id, verifier } = await issue();
    const code = await approve(id);
    await context.switchOff(person.userId);
    await expect(redeem(code, verifier)).rejects.toMatchObject(refusal(/disabled/));
  });

  it('is stored as a hash', async () => {
    const { id } = await issue();
    const code = await approve(id);
    const rows = await readTable(fixture.database, 'authorization_requests');
    expect(JSON.stringify(rows)).not.toContain(code.slice(6));
  });
});

describe('many pending sign-ins', () => {
  const open = (count: number, network: string) =>
    fixture.database.execute(
      `insert into authorization_requests (code_challenge, redirect_uri, state, client, network, expires_at)
       select 'c', 'r', 's', 'test', $2, now() + interval '10 minutes' from generate_series(1, $1)`,
      [count, network],
    );
  const full = { code: 'too_many_sign_ins', extra: { retry_after_seconds: 60 } };

  it('are limited to a hundred from one address, which leaves capacity for others', async () => {
    await open(99, '10.0.0.1');
    const { id } = await issue();
    await expect(issue()).rejects.toMatchObject(full);
    const elsewhere = { codeChallenge: 'a'.repeat(43), redirectUri, state: 's' };
    const { authorizationRequests, deviceCodes } = fixture.signIn;
    await context.asClient(() => authorizationRequests.issue(elsewhere, origin), '10.0.0.2');
    await context.asClient(() => deviceCodes.issue(origin));
    // An answered sign-in is no longer pending.
    await authorizationRequests.deny(id);
    await issue();
    await context.letPass('10 minutes');
    await issue();
  });

  it('are limited to a hundred from one IPv6 network', async () => {
    await open(100, '2001:db8:1:2::/64');
    const request = { codeChallenge: 'a'.repeat(43), redirectUri, state: 's' };
    const issueFrom = (address: string) =>
      context.asClient(() => fixture.signIn.authorizationRequests.issue(request, origin), address);
    await expect(issueFrom('2001:db8:1:2:9::1')).rejects.toMatchObject(full);
    await issueFrom('2001:db8:1:3:9::1');
  });

  it('are limited to a thousand in total', async () => {
    for (let network = 0; network < 10; network += 1) await open(100, `10.1.0.${network}`);
    await expect(issue()).rejects.toMatchObject(full);
    expect(await context.count('authorization_requests')).toBe(1000);
  });

  it('are removed an hour after they expire', async () => {
    await open(100, '10.0.0.1');
    await context.letPass('69 minutes');
    await issue();
    expect(await context.count('authorization_requests')).toBe(101);
    await context.letPass('2 minutes');
    await issue();
    expect(await context.count('authorization_requests')).toBe(2);
  });
});
