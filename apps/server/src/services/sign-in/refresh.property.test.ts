import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { SignInFixture } from '../testing/sign-in-fixture.ts';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSignIn } from './sign-in.ts';
import { createSignInFixture } from '../testing/sign-in-fixture.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

let fixture: ServiceFixture;
let context: SignInFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = createSignInFixture(fixture);
});
afterAll(() => fixture.close());

const graceSeconds = 30;

/**
 * An event of a session: time passes, or several holders of a copy of a token present it concurrently, at
 * either of two servers.
 */
type Step = { kind: 'wait'; seconds: number } | { kind: 'refresh'; holder: number; times: number };

/** No sum of pauses comes near the limit from below, because the test itself takes time. */
const seconds = fc.constantFrom(0.2, 17, 45, 3600);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), seconds }),
  fc.record({
    kind: fc.constant('refresh' as const),
    holder: fc.nat({ max: 2 }),
    times: fc.integer({ min: 1, max: 6 }),
  }),
);

interface Token {
  secret: string;
  createdAt: number;
  rotatedAt: number | null;
}

async function play(steps: readonly Step[]): Promise<void> {
  const [server, another] = [createSignIn(fixture), createSignIn(fixture)];
  const { userId } = await context.createPerson();
  const begun = await server.sessions.begin({ userId, client: 'test' });
  const chain: Token[] = [{ secret: begun.refreshToken, createdAt: 0, rotatedAt: null }];
  const holders = [begun.refreshToken, begun.refreshToken, begun.refreshToken];
  let [now, isAlive] = [0, true];
  const isYoung = (at: number) => now - at < graceSeconds;

  /** Returns the expected answer to a token by the rules; null for a rejection. */
  function expectNext(secret: string): number | null {
    const index = chain.findIndex((token) => token.secret === secret);
    const token = chain[index];
    if (!isAlive || !token) return null;
    if (token.rotatedAt !== null && !isYoung(token.rotatedAt)) isAlive = false;
    if (!isAlive) return null;
    return token.rotatedAt === null && isYoung(token.createdAt) ? index : index + 1;
  }

  for (const current of steps) {
    if (current.kind === 'wait') {
      await context.letPass(`${current.seconds} seconds`);
      now += current.seconds;
      continue;
    }
    const presented = holders[current.holder] ?? '';
    const expected = expectNext(presented);
    const answers = await Promise.allSettled(
      Array.from({ length: current.times }, (_, index) =>
        (index % 2 === 0 ? server : another).sessions.refresh(presented),
      ),
    );
    const given = answers.map((one) => (one.status === 'fulfilled' ? one.value.refreshToken : null));
    const [next] = given;
    expect(new Set(given).size).toBe(1);
    if (expected === null) expect(next).toBeNull();
    else if (expected < chain.length) expect(next).toBe(chain[expected]?.secret);
    else {
      expect(chain.map(({ secret }) => secret)).not.toContain(next);
      const followed = chain.at(-1);
      if (followed) followed.rotatedAt = now;
      chain.push({ secret: next ?? '', createdAt: now, rotatedAt: null });
    }
    if (next) holders[current.holder] = next;
  }
  const { good } = await fixture.database.one<{ good: number }>(
    `select count(*)::int as good from refresh_tokens join sessions on sessions.id = session_id
      where user_id = $1 and rotated_at is null and revoked_at is null`,
    [userId],
  );
  expect(good).toBe(isAlive ? 1 : 0);
}

describe('refresh tokens', () => {
  it('have exactly one valid token at any time, until a replaced one is presented too late', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), play), {
      seed: propertySeed,
      numRuns: caseCount(60),
    });
  });

  it('presented by twenty concurrently have one successor', async () => {
    await play([
      { kind: 'wait', seconds: 3600 },
      { kind: 'refresh', holder: 0, times: 20 },
      { kind: 'wait', seconds: 9 },
      { kind: 'refresh', holder: 1, times: 20 },
    ]);
  });

  it('end with their session when many present an old one concurrently, and none continues', async () => {
    const { userId } = await context.createPerson();
    const { sessions } = fixture.signIn;
    const first = await sessions.begin({ userId, client: 'test' });
    await context.letPass('1 hour');
    const second = await sessions.refresh(first.refreshToken);
    await context.letPass('1 hour');
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => sessions.refresh(first.refreshToken)),
    );
    const codes = answers.map((one) => one.status === 'rejected' && (one.reason as { code: string }).code);
    expect(codes.filter((code) => code === 'refresh_token_reused')).toHaveLength(1);
    expect(codes.filter((code) => code === 'session_ended')).toHaveLength(19);
    await expect(sessions.refresh(second.refreshToken)).rejects.toMatchObject({ code: 'session_ended' });
  });
});
