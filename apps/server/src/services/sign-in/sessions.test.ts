import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { SignedIn } from './sessions.ts';
import type { SignInFixture } from '../testing/sign-in-fixture.ts';
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { createCredentials } from './credentials.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSignIn } from './sign-in.ts';
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

const begin = (userId = person.userId): Promise<SignedIn> =>
  context.asClient(() => fixture.signIn.sessions.begin({ userId, client: 'dlthub-cli 0.28.7' }));
const refresh = (token: string) => context.asClient(() => fixture.signIn.sessions.refresh(token));
const ended = { code: 'session_ended' };
const reused = { code: 'refresh_token_reused' };

describe('a new session', () => {
  it('issues a token that clients can read and the API accepts', async () => {
    const { jwt, ...session } = await begin();
    expect(session).toMatchObject({ userId: person.userId, email: person.email });
    expect(decodeProtectedHeader(jwt)).toEqual({ alg: 'EdDSA' });
    const claims = decodeJwt(jwt);
    expect(claims).toMatchObject({
      iss: 'pumphouse',
      sub: person.userId,
      email: person.email,
      session: session.sessionId,
      // The older client reads `cli`.
      aud: ['api', 'cli'],
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(15 * 60);
    expect(await fixture.credentials.authenticateUser(jwt)).toMatchObject({
      userId: person.userId,
      credential: { kind: 'session', id: session.sessionId },
    });
  });

  it.each([
    ['another issuer', { iss: 'another-issuer' }],
    ['another audience', { aud: 'other' }],
    ['no time left', { exp: 1 }],
  ])('issues no token that would be accepted with %s', async (_, claims) => {
    const { jwt } = await begin();
    const { privateKey } = fixture.encryption.personKeys;
    const sign = (changes: object) =>
      new SignJWT({ ...decodeJwt(jwt), ...changes }).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);
    expect(await fixture.credentials.authenticateUser(await sign({}))).toMatchObject(person);
    await expect(fixture.credentials.authenticateUser(await sign(claims))).rejects.toMatchObject({
      code: 'not_authenticated',
    });
  });

  it('is listed for its user, with its origin', async () => {
    const { sessionId } = await begin();
    expect(await fixture.signIn.sessions.list(person.userId)).toMatchObject([
      {
        id: sessionId,
        client: 'dlthub-cli 0.28.7',
        address: '10.0.0.1',
        userAgent: 'dlthub-cli/0.28.7 test',
      },
    ]);
  });

  it('is audited in the name of the user', async () => {
    const { sessionId } = await begin();
    expect(await context.listChanges()).toMatchObject([
      {
        action: 'session.begin',
        actorKind: 'person',
        actorEmail: person.email,
        address: '10.0.0.1',
        targetId: sessionId,
        after: { client: 'dlthub-cli 0.28.7' },
      },
    ]);
  });

  it('stores no secret', async () => {
    const { refreshToken, jwt } = await begin();
    const next = await context.letPass('1 minute').then(() => refresh(refreshToken));
    const tables = ['sessions', 'refresh_tokens', 'audit_log'];
    const rows = await Promise.all(tables.map((table) => readTable(fixture.database, table)));
    const stored = JSON.stringify(rows);
    expect(stored).toContain(person.userId);
    for (const secret of [refreshToken, next.refreshToken, jwt, next.jwt]) {
      expect(stored).not.toContain(secret);
      expect(stored).not.toContain(Buffer.from(secret).toString('hex'));
    }
  });

  it('is rejected for a disabled account, and for one that is not a person', async () => {
    await context.switchOff(person.userId);
    await expect(begin()).rejects.toMatchObject({ code: 'sign_in_refused' });
    const account = await fixture.store.people.createUser({
      email: 'dlt_sa_x@keys.invalid',
      kind: 'service_account',
      passwordHash: null,
    });
    await expect(begin(account.id)).rejects.toMatchObject({ code: 'sign_in_refused' });
    expect(await context.listChanges()).toEqual([]);
  });

  it('ends the least recently used one of more than a hundred', async () => {
    await fixture.database.execute(
      `insert into sessions (user_id, client, last_used_at, expires_at)
       select $1, 'c' || n, now() - make_interval(mins => n), now() + interval '1 day' from generate_series(1, 100) n`,
      [person.userId],
    );
    await begin();
    const left = (await fixture.signIn.sessions.list(person.userId)).map(({ client }) => client);
    expect(left).toHaveLength(100);
    expect(left).toContain('c99');
    expect(left).not.toContain('c100');
    expect(await context.listChanges()).toMatchObject([
      { action: 'session.begin' },
      { action: 'session.revoke', actorEmail: person.email, after: { because: 'too-many-sessions' } },
    ]);
  });
});

describe('a refresh', () => {
  it('issues another refresh token and a valid token of the same session', async () => {
    const first = await begin();
    await context.letPass('1 minute');
    const second = await refresh(first.refreshToken);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.sessionId).toBe(first.sessionId);
    await context.letPass('1 minute');
    const third = await refresh(second.refreshToken);
    expect(new Set([first, second, third].map((one) => one.refreshToken)).size).toBe(3);
    expect(await fixture.credentials.authenticateUser(third.jwt)).toMatchObject({ email: person.email });
  });

  it('returns a token that is younger than half a minute unchanged', async () => {
    const first = await begin();
    expect((await refresh(first.refreshToken)).refreshToken).toBe(first.refreshToken);
    await context.letPass('20 seconds');
    expect((await refresh(first.refreshToken)).refreshToken).toBe(first.refreshToken);
    await context.letPass('10 seconds');
    expect((await refresh(first.refreshToken)).refreshToken).not.toBe(first.refreshToken);
  });

  it('returns the same successor for the same token within half a minute', async () => {
    const first = await begin();
    await context.letPass('1 minute');
    const second = await refresh(first.refreshToken);
    await context.letPass('20 seconds');
    expect((await refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken);
    await context.letPass('10 seconds');
    expect((await refresh(second.refreshToken)).refreshToken).not.toBe(second.refreshToken);
  });

  it('with a token that was replaced long ago ends the session, for all its holders', async () => {
    const first = await begin();
    const other = await begin();
    await context.letPass('1 minute');
    const second = await refresh(first.refreshToken);
    await context.letPass('31 seconds');
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(reused);
    // It stays ended although the call was rejected, and the reuse is not detected a second time.
    await expect(refresh(second.refreshToken)).rejects.toMatchObject(ended);
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(ended);
    await expect(fixture.credentials.authenticateUser(second.jwt)).rejects.toMatchObject({
      code: 'not_authenticated',
    });
    const changes = (await context.listChanges()).filter(({ action }) => action === 'session.revoke');
    // It is unknown who that was.
    expect(changes).toMatchObject([
      {
        actorKind: 'nobody',
        actorEmail: null,
        address: '10.0.0.1',
        targetId: first.sessionId,
        after: { because: 'refresh-token-reused' },
      },
    ]);
    expect(await refresh(other.refreshToken)).toMatchObject({ sessionId: other.sessionId });
  });

  it('distinguishes a thief who comes first from the owner who comes days later', async () => {
    const owner = await begin();
    let thief = owner;
    for (let day = 0; day < 20; day += 1) {
      await context.letPass('1 day');
      thief = await refresh(thief.refreshToken);
    }
    await expect(refresh(owner.refreshToken)).rejects.toMatchObject(reused);
    await expect(refresh(thief.refreshToken)).rejects.toMatchObject(ended);
  });

  it('is rejected for an unknown token', async () => {
    for (const token of ['', 'dlt_r_', 'nonsense', 'x'.repeat(100_000)])
      await expect(refresh(token)).rejects.toMatchObject(ended);
  });

  it('is rejected for a disabled account, and valid again when it is enabled', async () => {
    const { refreshToken } = await begin();
    await context.switchOff(person.userId);
    await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
    await fixture.store.people.setDisabled(person.userId, false);
    expect(await refresh(refreshToken)).toMatchObject({ email: person.email });
  });

  it('extends a session by 90 days, up to a year in total', async () => {
    let session = await begin();
    for (let quarter = 0; quarter < 4; quarter += 1) {
      await context.letPass('89 days');
      session = await refresh(session.refreshToken);
    }
    const [listed] = await fixture.signIn.sessions.list(person.userId);
    const left = (listed?.expiresAt.getTime() ?? 0) - Date.now();
    expect(Math.round(left / 86_400_000)).toBe(365 - 4 * 89);
    await context.letPass('10 days');
    await expect(refresh(session.refreshToken)).rejects.toMatchObject(ended);
  });

  it('is rejected for a session that was unused for 90 days, whose token is invalid too', async () => {
    const { refreshToken, jwt } = await begin();
    await context.letPass('90 days');
    await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
    await expect(fixture.credentials.authenticateUser(jwt)).rejects.toMatchObject({
      code: 'not_authenticated',
    });
  });

  it('works at every server with the same secret key, also within half a minute', async () => {
    const { refreshToken } = await begin();
    await context.letPass('1 minute');
    const second = await refresh(refreshToken);
    const other = createSignIn(fixture);
    expect((await other.sessions.refresh(refreshToken)).refreshToken).toBe(second.refreshToken);
  });

  it('goes on at servers with another current key, while the secret key is replaced', async () => {
    const first = await begin();
    await context.letPass('1 minute');
    const second = await refresh(first.refreshToken);
    const encryption = createEncryption({ current: randomBytes(48), others: [fixture.secretKey] });
    const credentials = createCredentials(fixture.persistence, encryption);
    const other = createSignIn({ persistence: fixture.persistence, encryption, credentials });
    // Within the half minute both servers give the token that is stored.
    expect((await other.sessions.refresh(first.refreshToken)).refreshToken).toBe(second.refreshToken);
    expect(await credentials.authenticateUser(second.jwt)).toMatchObject(person);
    await context.letPass('1 minute');
    const third = await other.sessions.refresh(second.refreshToken);
    await context.letPass('1 minute');
    expect((await other.sessions.refresh(third.refreshToken)).sessionId).toBe(first.sessionId);
    // A key that nobody here has gives nothing.
    const stranger = createCredentials(fixture.persistence, createEncryption(randomBytes(48)));
    await expect(stranger.authenticateUser(second.jwt)).rejects.toMatchObject({ code: 'not_authenticated' });
  });
});

describe('signing out', () => {
  it('ends the session of the presented token, and no others', async () => {
    const [one, other] = [await begin(), await begin()];
    for (const token of [one.refreshToken, one.refreshToken, 'nonsense'])
      await context.asClient(() => fixture.signIn.sessions.signOut(token));
    await expect(refresh(one.refreshToken)).rejects.toMatchObject(ended);
    await expect(fixture.credentials.authenticateUser(one.jwt)).rejects.toMatchObject({
      code: 'not_authenticated',
    });
    expect(await refresh(other.refreshToken)).toMatchObject({ sessionId: other.sessionId });
    expect((await context.listChanges()).slice(2)).toMatchObject([
      { action: 'session.revoke', actorEmail: person.email, after: { because: 'signed-out' } },
    ]);
  });

  it('accepts a token that was replaced, too', async () => {
    const first = await begin();
    await context.letPass('1 minute');
    const second = await refresh(first.refreshToken);
    await context.letPass('1 hour');
    await fixture.signIn.sessions.signOut(first.refreshToken);
    await expect(refresh(second.refreshToken)).rejects.toMatchObject(ended);
  });
});

describe('the sessions of a user', () => {
  it('are listed by their last use, without ended ones and those of others', async () => {
    const stranger = await context.createPerson();
    await begin(stranger.userId);
    const [first, second, third] = [await begin(), await begin(), await begin()];
    await context.letPass('1 hour');
    await refresh(first.refreshToken);
    await fixture.signIn.sessions.revoke(person.userId, second.sessionId);
    const listed = await fixture.signIn.sessions.list(person.userId);
    expect(listed.map(({ id }) => id)).toEqual([first.sessionId, third.sessionId]);
  });

  it('can be ended one by one, only by their user', async () => {
    const stranger = await context.createPerson();
    const { sessionId, refreshToken } = await begin();
    const missing = { code: 'not_found' };
    const revoke = (userId: string, id: string) => fixture.signIn.sessions.revoke(userId, id);
    await expect(revoke(stranger.userId, sessionId)).rejects.toMatchObject(missing);
    expect(await refresh(refreshToken)).toMatchObject({ sessionId });
    await revoke(person.userId, sessionId);
    await expect(revoke(person.userId, sessionId)).rejects.toMatchObject(missing);
    await expect(refresh(refreshToken)).rejects.toMatchObject(ended);
  });

  it('can all be ended except one', async () => {
    const sessions = [await begin(), await begin(), await begin()];
    const kept = sessions[1]?.sessionId ?? '';
    expect(await fixture.signIn.sessions.revokeOthers(person.userId, kept)).toBe(2);
    const listed = await fixture.signIn.sessions.list(person.userId);
    expect(listed.map(({ id }) => id)).toEqual([kept]);
    expect(await fixture.signIn.sessions.revokeOthers(person.userId, kept)).toBe(0);
  });

  it('cannot be begun with earlier approvals after all of them were ended', async () => {
    const { deviceCodes, sessions } = fixture.signIn;
    const { deviceCode, userCode } = await deviceCodes.issue('http://localhost');
    await deviceCodes.approve(userCode, person.userId);
    await sessions.revokeOthers(person.userId, null);
    await expect(deviceCodes.redeem(deviceCode)).rejects.toMatchObject({ code: 'sign_in_refused' });
  });
});

describe('retention of sign-in data', () => {
  it('keeps ended sessions for a month', async () => {
    const { sessionId, refreshToken } = await begin();
    await fixture.signIn.swapCodes.issue(refreshToken);
    await fixture.signIn.sessions.revoke(person.userId, sessionId);
    await context.letPass('29 days');
    await begin();
    expect(await context.count('sessions')).toBe(2);
    await context.letPass('2 days');
    await begin();
    expect(await context.count('sessions')).toBe(2);
    expect(await context.count('refresh_tokens')).toBe(2);
    expect(await context.count('swap_codes')).toBe(0);
  });

  it('keeps replaced tokens for as long as they could be presented', async () => {
    let session = await begin();
    for (let turn = 0; turn < 5; turn += 1) {
      await context.letPass('30 days');
      session = await refresh(session.refreshToken);
    }
    // The newest, and those of the last 90 days.
    expect(await context.count('refresh_tokens')).toBe(4);
  });

  it('keeps no more for a client that refreshes constantly', async () => {
    const { refreshToken } = await begin();
    for (let turn = 0; turn < 20; turn += 1) await refresh(refreshToken);
    expect(await context.count('refresh_tokens')).toBe(1);
  });
});
