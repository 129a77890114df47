import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { SignInFixture } from '../testing/sign-in-fixture.ts';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cheapPasswords } from '../testing/cheap-passwords.ts';
import { createAccounts } from './accounts.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSetPassword } from './set-password.ts';
import { createSignInFixture } from '../testing/sign-in-fixture.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';

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
const password = 'quite another password';

/** Approves sign-ins that no client has redeemed yet. */
async function agreeToClients() {
  const { authorizationRequests, deviceCodes } = fixture.signIn;
  const device = await context.asClient(() => deviceCodes.issue(origin));
  await deviceCodes.approve(device.userCode, person.userId);
  const verifier = randomBytes(64).toString('base64url');
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
  const request = { codeChallenge, redirectUri: 'http://127.0.0.1:46667/callback', state: 'state' };
  const url = await context.asClient(() => authorizationRequests.issue(request, origin));
  const asked = new URL(url).searchParams.get('request') ?? '';
  const answered = new URL(await authorizationRequests.approve(asked, person.userId));
  const code = answered.searchParams.get('code') ?? '';
  return [
    () => context.asClient(() => deviceCodes.redeem(device.deviceCode)),
    () => context.asClient(() => authorizationRequests.redeem(code, verifier)),
  ];
}

describe('a new password', () => {
  const ways: Record<string, () => Promise<unknown>> = {
    'by a link': async () => {
      const setPassword = createSetPassword({
        persistence: fixture.persistence,
        passwords: cheapPasswords,
        throttle: createSignInThrottle(fixture.persistence, fixture.encryption),
      });
      return setPassword.useLink(
        await createAccounts(fixture.persistence).createPasswordLink(person.email),
        password,
      );
    },
    'by an operator': () =>
      createAccounts(fixture.persistence, cheapPasswords).createOwner({
        email: person.email,
        password,
        organization: 'W',
      }),
  };

  it.each(Object.keys(ways))('%s ends sessions, and revokes earlier approvals', async (way) => {
    const session = await context.asClient(() =>
      fixture.signIn.sessions.begin({ userId: person.userId, client: 'dlthub-cli 0.28.7' }),
    );
    const redeemAll = await agreeToClients();
    await ways[way]?.();
    await expect(fixture.signIn.sessions.refresh(session.refreshToken)).rejects.toMatchObject({
      code: 'session_ended',
    });
    for (const redeem of redeemAll) await expect(redeem()).rejects.toMatchObject({ code: 'sign_in_refused' });
    expect(await fixture.signIn.sessions.list(person.userId)).toEqual([]);
  });
});
