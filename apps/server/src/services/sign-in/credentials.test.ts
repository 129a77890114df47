import type { Credentials } from './credentials.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCredentials, createKeySecret, hashSecret } from './credentials.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { randomBytes } from 'node:crypto';
import { createEncryption } from '../../platform/encryption.ts';
import { decodeJwt } from 'jose';
import { requireUser } from './principal.ts';
import { claimRun } from '../../store/postgres/testing/runs.ts';
import { expireKey } from '../../store/postgres/testing/keys.ts';
import { fromNow } from '../../../../../testing/fixtures/relative-times.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let credentials: Credentials;
let now: number;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  now = Date.now();
  credentials = createCredentials(fixture.persistence, fixture.encryption, () => now);
});

const refused = { code: 'not_authenticated' };

async function createKey() {
  const { secret, hash, prefix } = createKeySecret('personal');
  await fixture.store.keys.create({
    kind: 'personal',
    secretHash: hash,
    prefix,
    userId: context.userId,
    issuedBy: context.userId,
    validDays: 1,
  });
  return secret;
}

async function createSession() {
  const { sessionId: id, jwt: token } = await fixture.signIn.sessions.begin({
    userId: context.userId,
    client: 'test',
  });
  return { id, token };
}

describe('the token of a key', () => {
  it('acts as the key, and ends with it', async () => {
    const secret = await createKey();
    const token = await credentials.issueKeyToken(secret);
    const principal = requireUser(await credentials.authenticateUser(token));
    expect(principal).toEqual(await credentials.authenticateUser(secret));
    expect(decodeJwt(token)).toMatchObject({
      sub: context.userId,
      email: principal.email,
      aud: ['api', 'cli'],
    });
    await fixture.store.keys.revoke(principal.credential?.id ?? '');
    credentials.forget();
    await expect(credentials.authenticateUser(token)).rejects.toMatchObject(refused);
  });

  it('is not issued for a key that does not exist', async () => {
    const { secret } = createKeySecret('personal');
    await expect(credentials.issueKeyToken(secret)).rejects.toMatchObject(refused);
  });
});

describe('a server with another current key', () => {
  it('takes tokens under a key that it knows, and none under another', async () => {
    const principal = requireUser(await credentials.authenticateUser(await createKey()));
    const { token } = await credentials.issueDataplaneToken(principal, context.workspaceId);
    const withKeys = (others: Uint8Array[]) =>
      createCredentials(fixture.persistence, createEncryption({ current: randomBytes(48), others }));
    expect(await withKeys([fixture.secretKey]).authenticateDataplane(token)).toMatchObject({
      userId: context.userId,
    });
    await expect(withKeys([randomBytes(48)]).authenticateDataplane(token)).rejects.toMatchObject(refused);
  });
});

type Use = () => Promise<unknown>;

/** Lists all uses of a key or a session and of the tokens derived from it, which end with it. */
async function listUses(bearer: string): Promise<Record<string, Use>> {
  const principal = requireUser(await credentials.authenticateUser(bearer));
  const dataplane = await credentials.issueDataplaneToken(principal, context.workspaceId);
  const grant = {
    workspaceId: context.workspaceId,
    kind: 'deployment',
    uploadId: context.workspaceId,
  } as const;
  const upload = await credentials.issueUploadToken(principal, grant);
  return {
    itself: () => credentials.authenticateUser(bearer),
    'its data plane token': () => credentials.authenticateDataplane(dataplane.token),
    'its upload token': () => credentials.authenticateUpload(upload.token),
  };
}

async function expectDeathWithin5Seconds(uses: Record<string, Use>, revoke: () => Promise<unknown>) {
  for (const use of Object.values(uses)) await use();
  await revoke();
  now += 5000;
  for (const [name, use] of Object.entries(uses)) await expect(use(), name).rejects.toMatchObject(refused);
}

describe('5 seconds after a revocation, nothing is valid any more', () => {
  it('of a key', async () => {
    const uses = await listUses(await createKey());
    const [key] = await fixture.store.keys.listOfUser(context.userId);
    await expectDeathWithin5Seconds(uses, () => fixture.store.keys.revoke(key?.id ?? ''));
  });

  it('of a session', async () => {
    const { id, token } = await createSession();
    await expectDeathWithin5Seconds(await listUses(token), () =>
      fixture.signIn.sessions.revoke(context.userId, id),
    );
  });

  it.each(['key', 'session'])('of the %s of a user whose account was disabled', async (kind) => {
    const bearer = kind === 'key' ? await createKey() : (await createSession()).token;
    await expectDeathWithin5Seconds(await listUses(bearer), () =>
      fixture.store.people.setDisabled(context.userId, true),
    );
  });
});

describe('an expired credential', () => {
  it('is rejected at once, whatever is cached', async () => {
    const key = await createKey();
    const [stored] = await fixture.store.keys.listOfUser(context.userId);
    const expiresAt = fromNow({ minutes: 10 });
    await expireKey(fixture.database, stored?.id ?? '', expiresAt);
    now = expiresAt.getTime() - 2000;
    await credentials.authenticateUser(key);
    now += 2001;
    await expect(credentials.authenticateUser(key)).rejects.toMatchObject(refused);
  });
});

describe('a flood of unknown keys', () => {
  it('does not evict cached ones, and is not looked up if it is malformed', async () => {
    const key = await createKey();
    const asked: string[] = [];
    const keys = {
      ...fixture.store.keys,
      findByHash: async (hash: Uint8Array) => {
        asked.push(Buffer.from(hash).toString('hex'));
        return hashSecret(key).equals(hash) ? fixture.store.keys.findByHash(hash) : undefined;
      },
    };
    const store = { ...fixture.store, keys };
    const flooded = createCredentials({ ...fixture.persistence, store }, fixture.encryption, () => now);
    await flooded.authenticateUser(key);
    const bad = Array.from({ length: 12_000 }, () => createKeySecret('personal').secret);
    const forms = ['dlt_u_', 'dlt_u_short', `dlt_sa_${'x'.repeat(10_000)}`, `dlt_u_${'é'.repeat(43)}`];
    const answers = await Promise.allSettled([...bad, ...forms].map((one) => flooded.authenticateUser(one)));
    expect(answers.every(({ status }) => status === 'rejected')).toBe(true);
    await flooded.authenticateUser(key);
    expect(asked).toHaveLength(1 + bad.length);
  });
});

describe('a run token', () => {
  let run: JobRunRecord;

  beforeEach(async () => {
    await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
    run = await context.startRun('jobs.a');
  });

  it('is valid while its attempt is active', async () => {
    const attempt = await context.createAttempt(run);
    const token = await credentials.issueRunToken(attempt.id);
    expect(await credentials.authenticateUser(token)).toMatchObject({
      kind: 'run',
      workspaceId: context.workspaceId,
    });
    expect(await credentials.authenticateRun(token)).toMatchObject({ kind: 'run' });
  });

  it('ends with its attempt, even if the run continues with another one', async () => {
    const first = await context.createAttempt(run);
    const token = await credentials.issueRunToken(first.id);
    await fixture.store.attempts.close(first.id, {
      failure: { code: 'exit_code', detail: 'It failed.' },
      reason: null,
      seen: null,
    });
    await context.setRun(run.id, { status: 'pending', startedAt: null });
    await expect(credentials.authenticateUser(token)).rejects.toMatchObject(refused);
    const second = await context.createAttempt(run);
    await expect(credentials.authenticateUser(token)).rejects.toMatchObject(refused);
    expect(await credentials.authenticateUser(await credentials.issueRunToken(second.id))).toMatchObject({
      kind: 'run',
      workspaceId: context.workspaceId,
    });
  });

  it('ends when user code has ended, before the outcome is decided', async () => {
    const attempt = await context.createAttempt(run);
    const token = await credentials.issueRunToken(attempt.id);
    const exit = {
      code: 0,
      signal: null,
      outOfMemory: null,
      peakMemoryBytes: null,
      reason: null,
      killedDescendants: 0,
    };
    const stored = await fixture.store.attempts.get(attempt.id);
    if (!stored) throw new Error('The attempt is gone');
    const exited = { startedAt: null, usage: null, hasOutput: false, exit: { record: exit, at: new Date() } };
    await fixture.store.attempts.saveSpool(attempt.id, { ...stored, ...exited });
    await expect(credentials.authenticateUser(token)).rejects.toMatchObject(refused);
  });

  it('ends with its run', async () => {
    const attempt = await context.createAttempt(run);
    const token = await credentials.issueRunToken(attempt.id);
    await context.complete(run);
    await expect(credentials.authenticateUser(token)).rejects.toMatchObject(refused);
  });

  it('names an attempt: one that names only a run, as older ones did, is invalid', async () => {
    await context.createAttempt(run);
    await expect(credentials.authenticateUser(await credentials.issueRunToken(run.id))).rejects.toMatchObject(
      refused,
    );
  });

  it('is part of the start of its attempt', async () => {
    const claim = await claimRun(fixture.database, run.id);
    const { claimNumber } = claim;
    const attempt = await fixture.store.attempts.insert(claim, 'fake', {
      ...fixture.attemptSecrets.create(run.id).credential,
      limits: { cores: null, memoryBytes: null },
    });
    const start = await fixture.beginAttempt.begin(attempt?.id ?? '', { claimNumber, nonce: 'n' });
    const token = start.variables['RUNTIME__AUTH_TOKEN'] ?? '';
    expect(await credentials.authenticateUser(token)).toMatchObject({ kind: 'run' });
    await fixture.store.attempts.close(attempt?.id ?? '', { failure: null, reason: null, seen: null });
    await expect(credentials.authenticateUser(token)).rejects.toMatchObject(refused);
  });
});
