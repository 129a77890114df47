import type { Argon2Parameters } from './passwords.ts';
import type { Persistence } from '../../store/store.ts';
import type { TestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actAs } from '../audit/audit.ts';
import { cheapPasswords, deriveCheaply } from '../testing/cheap-passwords.ts';
import { createAccounts } from './accounts.ts';
import { createEncryption } from '../../platform/encryption.ts';
import { createKnownBrowsers } from './known-browsers.ts';
import { createPasswords } from './passwords.ts';
import { createPasswordSignIn } from './password-sign-in.ts';
import { createPersistence } from '../../store/store.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';
import { createTestDatabase } from '../../../../../testing/fixtures/postgres.ts';
import type { FailureColumns } from '../../store/postgres/testing/sign-in.ts';
import {
  readSignInWait,
  setSignInFailures,
  stretchSignInWaits,
} from '../../store/postgres/testing/sign-in.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { listAuditEntries } from '../testing/audit-entries.ts';

const email = 'analyst@example.com';
const password = 'a long test password';
const encryption = createEncryption(randomBytes(32));
let testDatabase: TestDatabase;
let persistence: Persistence;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  persistence = createPersistence(testDatabase.database);
  await createAccounts(persistence, cheapPasswords).createOwner({ email, password, organization: 'Acme' });
});
afterAll(() => testDatabase.drop());
beforeEach(() => testDatabase.database.query('delete from sign_in_failures'));

/** Creates the services of one server, whose hashes are counted. */
function createServer(derive = deriveCheaply) {
  const hashes: Argon2Parameters[] = [];
  const active = { now: 0, most: 0 };
  const passwords = createPasswords(async (algorithm, parameters) => {
    hashes.push(parameters);
    active.now += 1;
    active.most = Math.max(active.most, active.now);
    try {
      return await derive(algorithm, parameters);
    } finally {
      active.now -= 1;
    }
  });
  const throttle = createSignInThrottle(persistence, encryption);
  const passwordSignIn = createPasswordSignIn({ persistence, passwords, throttle });
  const signInFrom = (address: string, tried: { email: string; password: string; knownBrowser?: string }) =>
    actAs({ kind: 'nobody', userId: null, email: null, keyId: null, address, userAgent: null }, () =>
      passwordSignIn.signIn({ knownBrowser: null, ...tried }),
    );
  return { hashes, active, throttle, signInFrom };
}

const wrong = { email, password: 'not the password' };
const stretchWaits = () => stretchSignInWaits(testDatabase.database);
const setFailures = (columns: FailureColumns) => setSignInFailures(testDatabase.database, columns);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'signed in',
    (error: { code?: string }) => error.code ?? 'another error',
  );

describe('a flood of sign-in attempts', () => {
  it('computes two hashes concurrently, and clearly tells all others to try again later', async () => {
    const twoAtOnce = Promise.withResolvers<void>();
    // A cheap hash may be ready before the next one is begun, so the first ones wait for each other.
    const server = createServer(async (...input) => {
      if (server.active.now === 2) twoAtOnce.resolve();
      await twoAtOnce.promise;
      return deriveCheaply(...input);
    });
    const codes = await Promise.all(
      Array.from({ length: 1000 }, (_, number) =>
        codeOf(
          server.signInFrom(`10.0.${number >> 8}.${number & 255}`, {
            email: `${number}@example.com`,
            password,
          }),
        ),
      ),
    );
    const count = (code: string) => codes.filter((one) => one === code).length;
    expect(server.active.most).toBe(2);
    expect(count('wrong_password')).toBe(14);
    expect(count('too_many_sign_ins')).toBe(986);
    expect(server.hashes).toHaveLength(14);
  });

  it('from one address leaves capacity for others in the queue', async () => {
    const server = createServer();
    const flood = Array.from({ length: 50 }, (_, number) =>
      codeOf(server.signInFrom('10.1.1.1', { email: `${number}@example.com`, password })),
    );
    expect(await codeOf(server.signInFrom('10.2.2.2', { email, password }))).toBe('signed in');
    expect((await Promise.all(flood)).filter((code) => code === 'wrong_password')).toHaveLength(6);
  });
});

describe('an attacker who guesses', () => {
  it('is admitted five times, on any number of servers, then must wait and causes no more hashing', async () => {
    const servers = [createServer(), createServer()];
    const codes: string[] = [];
    for (let number = 0; number < 8; number += 1) {
      codes.push(await codeOf(servers[number % 2]!.signInFrom('10.3.0.1', wrong)));
      await stretchWaits();
    }
    // The sixth attempt is admitted at once; its failure starts the waits.
    expect(codes).toEqual([
      ...Array.from({ length: 6 }, () => 'wrong_password'),
      'too_many_tries',
      'too_many_tries',
    ]);
    expect(servers.flatMap(({ hashes }) => hashes)).toHaveLength(6);
    await expect(servers[0]!.signInFrom('10.3.0.1', { email, password })).rejects.toMatchObject({
      code: 'too_many_tries',
      message: expect.stringMatching(
        /^Too many failed attempts\. Try again in 3[56]\d\d seconds\.$/,
      ) as string,
      extra: { retry_after_seconds: expect.closeTo(3600, -2) as number },
    });
  });

  it('waits twice as long each time, a minute at most', async () => {
    const waits: number[] = [];
    for (let number = 0; number < 14; number += 1) {
      // Another server, just started, after that wait.
      const { throttle } = createServer();
      await setFailures({ blockedUntil: ago({ seconds: 1 }) });
      await throttle.admit({ account: 'somebody@example.com', address: null });
      waits.push(await readSignInWait(testDatabase.database));
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('has as few attempts at an unknown account, which cost as much', async () => {
    const [known, unknown] = [createServer(), createServer()];
    const codes: string[][] = [[], []];
    for (let number = 0; number < 7; number += 1) {
      codes[0]?.push(await codeOf(known.signInFrom('10.4.0.1', wrong)));
      codes[1]?.push(await codeOf(unknown.signInFrom('10.4.1.1', { ...wrong, email: 'no@example.com' })));
      await stretchWaits();
    }
    expect(codes[1]).toEqual(codes[0]);
    const costs = ({ hashes }: typeof known) =>
      hashes.map(({ memory, passes, parallelism, tagLength }) => [memory, passes, parallelism, tagLength]);
    expect(costs(unknown)).toEqual(costs(known));
  });

  it('has thirty attempts from one address, at any accounts, and a whole /64 is one address', async () => {
    const { throttle } = createServer();
    const admit = (number: number) =>
      codeOf(
        throttle.admit({ account: `${number}@example.com`, address: `2001:db8:1:2::${number.toString(16)}` }),
      );
    const codes: string[] = [];
    for (let number = 1; number <= 31; number += 1) codes.push(await admit(number));
    expect(codes.filter((code) => code === 'signed in')).toHaveLength(31);
    await stretchWaits();
    expect(await admit(32)).toBe('too_many_tries');
    expect(await codeOf(throttle.admit({ account: 'x@example.com', address: '2001:db8:1:3::1' }))).toBe(
      'signed in',
    );
  });

  it('is forgotten after a day without an attempt', async () => {
    const { throttle } = createServer();
    for (let number = 0; number < 6; number += 1) await throttle.admit({ account: email, address: null });
    await setFailures({ windowEndsAt: ago({ seconds: 1 }) });
    expect((await createServer().throttle.admit({ account: email, address: null })).failures.account).toBe(1);
  });
});

describe('a user who knows the password', () => {
  it('signs in, which resets the count', async () => {
    const server = createServer();
    for (let number = 0; number < 4; number += 1) await codeOf(server.signInFrom('10.5.0.1', wrong));
    expect(await codeOf(server.signInFrom('10.5.0.1', { email, password }))).toBe('signed in');
    for (let number = 0; number < 4; number += 1)
      expect(await codeOf(server.signInFrom('10.5.0.1', wrong))).toBe('wrong_password');
    // Failed attempts stay with the address: signing in to one's own account does not reset them.
    const rows = await testDatabase.database.query<{ failures: number }>(
      'select failures from sign_in_failures order by failures',
    );
    expect(rows).toEqual([{ failures: 4 }, { failures: 8 }, { failures: 8 }]);
  });

  it('can sign in from a known browser during an attack', async () => {
    const server = createServer();
    const browsers = createKnownBrowsers(encryption);
    const mark = browsers.issue(email);
    for (let number = 0; number < 6; number += 1) await codeOf(server.signInFrom('10.6.1.1', wrong));
    await stretchWaits();
    expect(await codeOf(server.signInFrom('10.6.1.1', { email, password }))).toBe('too_many_tries');
    const knownBrowser = browsers.read(mark, 'Analyst@example.com')!;
    expect(await codeOf(server.signInFrom('10.6.1.1', { email, password, knownBrowser }))).toBe('signed in');
    expect(browsers.read(mark, 'guest@example.com')).toBeNull();
    expect(browsers.read(`${mark}x`, email)).toBeNull();
  });

  it('can sign in from an unknown browser during forty guesses from elsewhere', async () => {
    const server = createServer();
    for (let number = 0; number < 40; number += 1) await codeOf(server.signInFrom('10.9.0.1', wrong));
    await stretchWaits();
    expect(await codeOf(server.signInFrom('10.9.0.1', { email, password }))).toBe('too_many_tries');
    expect(await codeOf(server.signInFrom('10.9.1.1', { email, password }))).toBe('signed in');
  });

  it('waits for at most ten seconds during guesses from a hundred addresses', async () => {
    const guess = async (number: number) => {
      await setFailures({ blockedUntil: null });
      return codeOf(createServer().throttle.admit({ account: email, address: `10.10.${number}.1` }));
    };
    for (let number = 0; number < 100; number += 1) expect(await guess(number)).toBe('signed in');
    expect(await readSignInWait(testDatabase.database)).toBe(10);
    await stretchWaits();
    const refused = createServer().signInFrom('10.11.0.1', { email, password });
    await expect(refused).rejects.toMatchObject({ code: 'too_many_tries' });
    // A wait does not count as an attempt: after it, the user has all of theirs.
    const rows = await testDatabase.database.query('select 1 from sign_in_failures where failures = 0');
    expect(rows).toHaveLength(2);
    await setFailures({ blockedUntil: ago({ seconds: 1 }) });
    expect(await codeOf(createServer().signInFrom('10.11.0.1', { email, password }))).toBe('signed in');
  });

  it('can sign in from a known browser whose address is blocked by attempts at other accounts', async () => {
    const server = createServer();
    for (let number = 0; number < 31; number += 1)
      await server.throttle.admit({ account: `${number}@example.com`, address: '10.12.0.1' });
    await stretchWaits();
    const browsers = createKnownBrowsers(encryption);
    const knownBrowser = browsers.read(browsers.issue(email), email)!;
    expect(await codeOf(server.signInFrom('10.12.0.1', { email, password }))).toBe('too_many_tries');
    expect(await codeOf(server.signInFrom('10.12.0.1', { email, password, knownBrowser }))).toBe('signed in');
  });

  it('may type it with other code points for the same characters', async () => {
    const decomposed = 'u\u0308nter uns gesagt';
    const realServer = createServer(promisify(argon2));
    await createAccounts(persistence).createOwner({
      email: 'uwe@example.com',
      password: decomposed,
      organization: 'U',
    });
    const typed = { email: 'uwe@example.com', password: decomposed.normalize('NFC') };
    expect(await codeOf(realServer.signInFrom('10.7.0.1', typed))).toBe('signed in');
    expect(await codeOf(realServer.signInFrom('10.7.0.1', { ...typed, password }))).toBe('wrong_password');
  });
});

describe('the audit log', () => {
  it('contains the first failures, then fewer and fewer, and no names of unknown accounts', async () => {
    const before = await listAuditEntries(persistence.store);
    for (let number = 0; number < 17; number += 1) {
      await setFailures({ blockedUntil: null });
      await codeOf(createServer().signInFrom('10.8.0.1', wrong));
    }
    await codeOf(
      createServer().signInFrom('10.8.0.2', { email: 'my-password-in-the-wrong-field@x.y', password }),
    );
    const filter = { actions: ['person.sign-in-failed'] };
    const rows = (await listAuditEntries(persistence.store, filter)).filter(
      ({ id }) => !before.some((entry) => entry.id === id),
    );
    expect(
      rows.map(({ targetName, after }) => [targetName, (after as { failures: number }).failures]),
    ).toEqual([...[1, 2, 3, 4, 5, 8, 16].map((failures) => [email, failures]), [null, 1]]);
    expect(rows[0]).toMatchObject({ actorKind: 'nobody', address: '10.8.0.1' });
    expect(JSON.stringify(rows)).not.toContain('wrong-field');
  });
});
