import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { SignedIn } from './sessions.ts';
import type { SignInFixture } from '../testing/sign-in-fixture.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSignInFixture } from '../testing/sign-in-fixture.ts';

let fixture: ServiceFixture;
let context: SignInFixture;
let session: SignedIn;

beforeEach(async () => {
  fixture = await createServiceFixture();
  context = createSignInFixture(fixture);
  const { userId } = await context.createPerson();
  session = await fixture.signIn.sessions.begin({ userId, client: 'test' });
});
afterEach(() => fixture.close());

const issue = (token = session.refreshToken) => fixture.signIn.swapCodes.issue(token);
const redeem = (code: string) => fixture.signIn.swapCodes.redeem(code);

it('transfers the user, and leaves the refresh token unchanged', async () => {
  await context.letPass('1 hour');
  const { code, expiresInSeconds } = await issue();
  expect(expiresInSeconds).toBe(60);
  const { userId, email, sessionId } = session;
  expect(await redeem(code)).toEqual({ userId, email, sessionId });
  expect(await context.count('refresh_tokens')).toBe(1);
});

it('is valid once, however many redeem it concurrently', async () => {
  const { code } = await issue();
  const redeemed = await Promise.all(Array.from({ length: 20 }, () => redeem(code)));
  expect(redeemed.filter((one) => one !== null)).toHaveLength(1);
  expect(await redeem(code)).toBeNull();
});

it('is valid for a minute', async () => {
  const [early, late] = [await issue(), await issue()];
  await context.letPass('50 seconds');
  expect(await redeem(early.code)).toMatchObject({ userId: session.userId });
  await context.letPass('10 seconds');
  expect(await redeem(late.code)).toBeNull();
  await issue();
  expect(await context.count('swap_codes')).toBe(1);
});

it('is invalid if it was never issued', async () => {
  for (const code of ['', 'dlt_x_', session.refreshToken]) expect(await redeem(code)).toBeNull();
});

it('ends with the session, and with the account', async () => {
  const [first, second] = [await issue(), await issue()];
  await context.switchOff(session.userId);
  expect(await redeem(first.code)).toBeNull();
  await fixture.store.people.setDisabled(session.userId, false);
  await fixture.signIn.sessions.signOut(session.refreshToken);
  expect(await redeem(second.code)).toBeNull();
});

it('is issued for a token that was just replaced, because clients race', async () => {
  await context.letPass('1 hour');
  await fixture.signIn.sessions.refresh(session.refreshToken);
  const { code } = await issue();
  expect(await redeem(code)).toMatchObject({ userId: session.userId });
});

it('is not issued for a token that was replaced long ago, which ends the session', async () => {
  await context.letPass('1 hour');
  const next = await fixture.signIn.sessions.refresh(session.refreshToken);
  await context.letPass('1 hour');
  await expect(issue()).rejects.toMatchObject({ code: 'refresh_token_reused' });
  await expect(issue(next.refreshToken)).rejects.toMatchObject({ code: 'session_ended' });
  await expect(issue('nonsense')).rejects.toMatchObject({ code: 'session_ended' });
});
