import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { SignInFixture } from '../testing/sign-in-fixture.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createSignInFixture } from '../testing/sign-in-fixture.ts';
import { addDeviceCodes } from '../../store/postgres/testing/sign-in.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { readTable } from '../../store/postgres/testing/tables.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

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
const issue = () => context.asClient(() => fixture.signIn.deviceCodes.issue(origin));
const redeem = (deviceCode: string) => context.asClient(() => fixture.signIn.deviceCodes.redeem(deviceCode));
const approve = (userCode: string) => fixture.signIn.deviceCodes.approve(userCode, person.userId);
const pending = { code: 'authorization_pending' };
const refusal = (text: RegExp) => ({
  code: 'sign_in_refused',
  message: expect.stringMatching(text) as unknown,
});

/** Returns another valid user code. */
function other(userCode: string): string {
  return userCode.startsWith('B') ? `C${userCode.slice(1)}` : `B${userCode.slice(1)}`;
}

describe('a sign-in with a device code', () => {
  it('is shown with the address to enter it', async () => {
    const issued = await issue();
    expect(issued.userCode).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
    expect(issued).toMatchObject({
      verificationUri: `${origin}/sign-in/device`,
      verificationUriComplete: `${origin}/sign-in/device?user_code=${issued.userCode}`,
      interval: 5,
    });
    expect((await issue()).userCode).not.toBe(issued.userCode);
  });

  it('begins a session of the user who approved, once', async () => {
    const { deviceCode, userCode } = await issue();
    await expect(redeem(deviceCode)).rejects.toMatchObject(pending);
    await approve(userCode);
    const signedIn = await redeem(deviceCode);
    expect(signedIn).toMatchObject({ userId: person.userId, email: person.email });
    expect(await fixture.signIn.sessions.list(person.userId)).toMatchObject([
      { id: signedIn.sessionId, client: 'dlthub-cli 0.28.7', address: '10.0.0.1' },
    ]);
    await expect(redeem(deviceCode)).rejects.toMatchObject(refusal(/already used/));
    expect(await fixture.signIn.sessions.refresh(signedIn.refreshToken)).toMatchObject({
      sessionId: signedIn.sessionId,
    });
  });

  it('begins one session for concurrent requests', async () => {
    const { deviceCode, userCode } = await issue();
    await approve(userCode);
    const answers = await Promise.allSettled(Array.from({ length: 20 }, () => redeem(deviceCode)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await context.count('sessions')).toBe(1);
  });

  it('is answered once', async () => {
    const { deviceCode, userCode } = await issue();
    const { deviceCodes } = fixture.signIn;
    const answers = await Promise.allSettled([
      ...Array.from({ length: 10 }, () => approve(userCode)),
      ...Array.from({ length: 10 }, () => deviceCodes.deny(userCode)),
    ]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(approve(userCode)).rejects.toMatchObject(refusal(/already answered/));
    await expect(deviceCodes.find(userCode, person.userId)).rejects.toMatchObject(
      refusal(/already answered/),
    );
    await redeem(deviceCode).catch(() => undefined);
  });

  it('that the user denies is over for the client', async () => {
    const { deviceCode, userCode } = await issue();
    await fixture.signIn.deviceCodes.deny(userCode);
    for (let turn = 0; turn < 2; turn += 1)
      await expect(redeem(deviceCode)).rejects.toMatchObject(refusal(/declined/));
  });

  it('can be answered and redeemed for a quarter of an hour', async () => {
    const [early, late] = [await issue(), await issue()];
    await context.letPass('890 seconds');
    await approve(early.userCode);
    await context.letPass('10 seconds');
    await expect(approve(late.userCode)).rejects.toMatchObject(refusal(/has expired/));
    for (const { deviceCode } of [early, late])
      await expect(redeem(deviceCode)).rejects.toMatchObject(refusal(/has expired/));
    await context.letPass('61 minutes');
    await issue();
    await expect(redeem(late.deviceCode)).rejects.toMatchObject(refusal(/code does not exist/));
  });

  it('of an account that was disabled meanwhile begins nothing', async () => {
    const { deviceCode, userCode } = await issue();
    await approve(userCode);
    await context.switchOff(person.userId);
    await expect(redeem(deviceCode)).rejects.toMatchObject(refusal(/disabled/));
  });

  it('is unknown to callers without the secret of the client', async () => {
    const { deviceCode, userCode } = await issue();
    await approve(userCode);
    for (const guess of ['', userCode, 'dlt_d_', deviceCode.toLowerCase()])
      await expect(redeem(guess)).rejects.toMatchObject(refusal(/code does not exist/));
    const rows = await readTable(fixture.database, 'device_codes');
    expect(JSON.stringify(rows)).not.toContain(deviceCode.slice(6));
  });
});

describe('a client that polls', () => {
  it('too early must slow down', async () => {
    const { deviceCode } = await issue();
    await expect(redeem(deviceCode)).rejects.toMatchObject(pending);
    await expect(redeem(deviceCode)).rejects.toMatchObject({ code: 'slow_down' });
    // Exactly a second, however long the requests took.
    await setColumns(fixture.database, 'device_codes', { lastAskedAt: ago({ seconds: 1 }) });
    await expect(redeem(deviceCode)).rejects.toMatchObject({ code: 'slow_down' });
    await context.letPass('4 seconds');
    await expect(redeem(deviceCode)).rejects.toMatchObject(pending);
    await context.letPass('5 seconds');
    await expect(redeem(deviceCode)).rejects.toMatchObject(pending);
  });

  it('gets its session however often it polls', async () => {
    const { deviceCode, userCode } = await issue();
    await expect(redeem(deviceCode)).rejects.toMatchObject(pending);
    await approve(userCode);
    expect(await redeem(deviceCode)).toMatchObject({ userId: person.userId });
  });

  it('concurrently is answered as pending once', async () => {
    const { deviceCode } = await issue();
    const answers = await Promise.allSettled(Array.from({ length: 10 }, () => redeem(deviceCode)));
    const codes = answers.map((one) => one.status === 'rejected' && (one.reason as { code: string }).code);
    expect(codes.filter((code) => code === 'authorization_pending')).toHaveLength(1);
    expect(codes.filter((code) => code === 'slow_down')).toHaveLength(9);
  });
});

describe('a code that a user types', () => {
  it('is found in any spelling', async () => {
    const { userCode } = await issue();
    const plain = userCode.replace('-', '');
    for (const typed of [userCode, plain, userCode.toLowerCase(), ` ${plain.split('').join(' ')} `])
      expect(await fixture.signIn.deviceCodes.find(typed, person.userId)).toMatchObject({
        userCode,
        client: 'dlthub-cli 0.28.7',
        address: '10.0.0.1',
      });
  });

  it('may be wrong ten times in a quarter of an hour', async () => {
    const { deviceCodes } = fixture.signIn;
    const { userCode } = await issue();
    for (let turn = 0; turn < 5; turn += 1) {
      await expect(deviceCodes.find(other(userCode), person.userId)).rejects.toMatchObject(
        refusal(/code does not exist/),
      );
      await expect(deviceCodes.find('typo', person.userId)).rejects.toMatchObject(
        refusal(/code does not exist/),
      );
      if (turn < 4) await deviceCodes.find(userCode, person.userId);
    }
    for (const typed of [userCode, 'typo'])
      await expect(deviceCodes.find(typed, person.userId)).rejects.toMatchObject({
        code: 'too_many_sign_ins',
      });
    const colleague = await context.createPerson();
    expect(await deviceCodes.find(userCode, colleague.userId)).toMatchObject({ userCode });
    await context.letPass('14 minutes');
    await expect(deviceCodes.find('typo', person.userId)).rejects.toMatchObject({
      code: 'too_many_sign_ins',
    });
    await context.letPass('1 minute');
    const next = await issue();
    expect(await deviceCodes.find(next.userCode, person.userId)).toMatchObject({ userCode: next.userCode });
  });

  it('cannot be guessed faster by concurrent guesses', async () => {
    const guesses = await Promise.allSettled(
      Array.from({ length: 30 }, () => fixture.signIn.deviceCodes.find('BBBB-BBBB', person.userId)),
    );
    const codes = guesses.map((one) => one.status === 'rejected' && (one.reason as { code: string }).code);
    expect(codes.filter((code) => code === 'sign_in_refused')).toHaveLength(10);
  });
});

describe('many device codes', () => {
  const open = (count: number, network: string) => addDeviceCodes(fixture.database, count, network);
  const full = { code: 'too_many_sign_ins', extra: { retry_after_seconds: 60 } };

  it('are limited to a hundred from one address, and a thousand in total', async () => {
    await open(99, '10.0.0.1');
    await issue();
    await expect(issue()).rejects.toMatchObject(full);
    for (let network = 0; network < 9; network += 1) await open(100, `10.1.0.${network}`);
    await expect(
      context.asClient(() => fixture.signIn.deviceCodes.issue(origin), '10.2.0.1'),
    ).rejects.toMatchObject(full);
    expect(await context.count('device_codes')).toBe(1000);
  });

  it('that are requested concurrently stay near the limit', async () => {
    await open(95, '10.0.0.1');
    const answers = await Promise.allSettled(Array.from({ length: 60 }, issue));
    const made = answers.filter(({ status }) => status === 'fulfilled').length;
    expect(made).toBeGreaterThanOrEqual(5);
    // As many calls as there are connections may check at the same moment.
    expect(made).toBeLessThanOrEqual(15);
  });

  it('are removed an hour after they expire', async () => {
    await open(100, '10.0.0.1');
    await context.letPass('74 minutes');
    await issue();
    expect(await context.count('device_codes')).toBe(101);
    await context.letPass('2 minutes');
    await issue();
    expect(await context.count('device_codes')).toBe(2);
  });
});
