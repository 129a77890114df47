/**
 * Attacks by a man in the middle between an attempt and its server, or by a holder of a finished attempt's
 * secret.
 */
import type { ApiFixture, TestAttempt } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { callAsAttempt, createBootstrapSeal } from '../testing/attempt-calls.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { createConfigurationArchives } from '../../services/versions/version-archives.ts';
import { hashSecret } from '../../services/sign-in/credentials.ts';
import { plainRequirements } from '../../services/testing/workspace-fixture.ts';
import { readConfigurationFiles } from '../../archives/configuration-archive.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let api: ApiFixture;
let seeded: SeededRun;
let attempt: TestAttempt;

const configuration = {
  'config.toml': 'shared = 1\n',
  'secrets.toml': 'key = "swordfish-of-all-profiles"\n',
  'prod.config.toml': 'own = 1\n',
  'prod.secrets.toml': 'key = "swordfish-of-prod"\n',
  'staging.config.toml': 'other = 1\n',
  'staging.secrets.toml': 'key = "swordfish-of-staging"\n',
  'secrets.access.toml': 'key = "swordfish-of-access"\n',
};

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  seeded = await seedRun(api);
  await storeArchives();
  attempt = await api.createAttempt(seeded.run);
  await api.setRun(seeded.run.id, { status: 'starting' });
});

/** Stores the archives of the run's code and configuration versions. */
async function storeArchives(): Promise<void> {
  const { store } = api.persistence;
  const { workspaceId, run } = seeded;
  const found = await store.configurations.get(workspaceId, run.configurationId);
  const deployment = await store.deployments.get(workspaceId, run.deploymentId);
  if (!found || !deployment) throw new Error('The run has no version');
  const archives = createConfigurationArchives(api.blobs, api.encryption);
  const key = await archives.seal(found.id, buildArchive(configuration));
  const { database } = api.testDatabase;
  await setColumns(database, 'configurations', { archiveKey: key }, { id: found.id });
  // Its own key: equal code of other workspaces has the same archive, which deploys read.
  const code = { requirements: plainRequirements, archiveKey: `code/${deployment.id}` };
  await setColumns(database, 'deployments', code, { id: deployment.id });
  await api.blobs.put(code.archiveKey, Buffer.alloc(700_000, 'code'));
}

const call = (method: 'GET' | 'POST', route: string, payload?: string | Buffer) =>
  callAsAttempt(api.app, attempt, { method, route, payload });

async function begin(nonce = 'nonce') {
  const run = await api.persistence.store.jobRuns.find(seeded.run.id);
  return call('POST', '-begin', JSON.stringify({ claim_number: run?.claimNumber, nonce }));
}

const at = '2026-11-24T10:00:00.123456Z';
const lines = (...records: object[]) =>
  Buffer.from(records.map((record) => `${JSON.stringify({ at, ...record })}\n`).join(''));
const started = lines({ kind: 'started' });
const exit = lines({ kind: 'exit', code: 0, signal: null, reason: null });

describe('a man in the middle between an attempt and its server', () => {
  it('cannot read the traffic', async () => {
    const seal = createBootstrapSeal(attempt);
    const run = await api.persistence.store.jobRuns.find(seeded.run.id);
    const { call: request } = seal.seal(
      'POST',
      '-begin',
      JSON.stringify({ claim_number: run?.claimNumber, nonce: 'nonce' }),
    );
    const answer = await api.app.inject(request);
    expect(answer.statusCode).toBe(200);
    const configurationAnswer = await api.app.inject(seal.seal('GET', 'configuration').call);
    const codeAnswer = await api.app.inject(seal.seal('GET', 'code').call);
    for (const { rawPayload } of [answer, configurationAnswer, codeAnswer]) {
      const text = rawPayload.toString('latin1');
      for (const word of ['RUNTIME__AUTH_TOKEN', 'swordfish', 'codecode', 'launcher'])
        expect(text).not.toContain(word);
    }
    expect(JSON.stringify(request)).not.toContain(attempt.secret);
    expect(request.payload?.toString()).not.toContain('nonce');
  });

  it('cannot change anything without being detected', async () => {
    const seal = createBootstrapSeal(attempt);
    // The code is too large to come with the admission.
    expect((await begin()).json()).toMatchObject({
      archives: { configuration: expect.any(String) as string },
    });
    const { call: request, nonce } = seal.seal('GET', 'code');
    const { rawPayload } = await api.app.inject(request);
    expect(seal.open(nonce, 200, rawPayload)).toHaveLength(700_000);
    for (const context of [0, 16, 20, 30, rawPayload.length - 1]) {
      const changed = Buffer.from(rawPayload);
      changed[context] = (changed[context] ?? 0) ^ 1;
      expect(seal.open(nonce, 200, changed)).toBeNull();
    }
    expect(seal.open(nonce, 409, rawPayload)).toBeNull();
    // Cut after a whole frame.
    const frame = 16 + 5 + rawPayload.readUInt32BE(16) + 32;
    expect(seal.open(nonce, 200, rawPayload.subarray(0, frame))).toBeNull();
    // The response to another call.
    const other = seal.seal('GET', 'code');
    expect(seal.open(other.nonce, 200, rawPayload)).toBeNull();
  });

  it('cannot turn a call into another one', async () => {
    const seal = createBootstrapSeal(attempt);
    await begin();
    const { call: request } = seal.seal('POST', '-spool?offset=0', started);
    const base = request.url.slice(0, -'-spool?offset=0'.length);
    const changedBody = Buffer.from(request.payload ?? '');
    changedBody[0] = (changedBody[0] ?? 0) ^ 1;
    for (const changed of [
      { ...request, url: `${base}-spool?offset=1` },
      { ...request, url: `${base}-begin` },
      { ...request, url: `${base}code`, method: 'GET' as const },
      { ...request, payload: changedBody },
      { ...request, payload: Buffer.alloc(0) },
    ]) {
      const answer = await api.app.inject(changed);
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['pumphouse-sealed']).toBeUndefined();
    }
    expect((await api.persistence.store.attempts.get(attempt.id))?.spoolOffset).toBe(0);
    expect((await api.app.inject(request)).statusCode).toBe(200);
  });
});

describe('the files of an attempt', () => {
  const files = async () => [await call('GET', 'code'), await call('GET', 'configuration')];
  const withheld = { statusCode: 409, isProved: true };

  it('are served after the attempt is admitted, until its code starts', async () => {
    for (const answer of await files()) {
      expect(answer).toMatchObject(withheld);
      expect(answer.json()).toMatchObject({ code: 'attempt_files_withheld' });
    }
    expect((await begin()).statusCode).toBe(200);
    for (const answer of await files()) expect(answer.statusCode).toBe(200);
    expect((await begin()).statusCode).toBe(200);
    await call('POST', '-spool?offset=0', started);
    for (const answer of await files()) expect(answer).toMatchObject(withheld);
    expect((await begin()).json()).toMatchObject({ code: 'claim_lost' });
  });

  it('are those of its profile, and match the announced hash', async () => {
    const start = (await begin()).json() as { configuration_sha256: string; masked_values: string[] };
    const { body } = await call('GET', 'configuration');
    expect(createHash('sha256').update(body).digest('hex')).toBe(start.configuration_sha256);
    const found = await readConfigurationFiles(Readable.from([body]));
    expect(found.map(({ name }) => name).toSorted()).toEqual([
      'config.toml',
      'prod.config.toml',
      'prod.secrets.toml',
      'secrets.toml',
    ]);
    expect(Object.fromEntries(found.map(({ name, text }) => [name, text]))).toMatchObject({
      'prod.secrets.toml': configuration['prod.secrets.toml'],
    });
    expect(start.masked_values).toContain('swordfish-of-prod');
    expect(JSON.stringify(start)).not.toContain('swordfish-of-staging');
  });
});

describe('a closed attempt', () => {
  it('can do nothing with its secret except get a repeated chunk acknowledged again', async () => {
    await begin();
    const spool = Buffer.concat([started, exit]);
    expect((await call('POST', '-spool?offset=0', spool)).json()).toEqual({ offset: spool.length });
    expect((await api.persistence.store.attempts.get(attempt.id))?.closedAt).toBeInstanceOf(Date);

    for (const route of ['code', 'configuration']) {
      const answer = await call('GET', route);
      expect(answer).toMatchObject({ statusCode: 410, isProved: true });
      expect(answer.json()).toMatchObject({ code: 'attempt_closed' });
    }
    expect((await begin()).json()).toMatchObject({ code: 'claim_lost' });
    expect((await call('POST', '-spool?offset=0', spool)).json()).toEqual({ offset: spool.length });
    const beacon = lines({ kind: 'beacon', type: 'trace', body: '{}' });
    for (const offset of [0, spool.length - 5, spool.length, spool.length + 100]) {
      const answer = await call('POST', `-spool?offset=${offset}`, Buffer.concat([spool, beacon]));
      expect(answer.json()).toMatchObject({ code: 'attempt_closed' });
    }
    const late = await api.persistence.store.attempts.get(attempt.id);
    expect(late).toMatchObject({ spoolOffset: spool.length, beaconCount: 0 });
  });
});

describe('an attempt of the previous release', () => {
  const tokenOf = ({ id }: TestAttempt) => `dlt_b_of-the-release-before-${id}`;

  beforeEach(async () => {
    await setColumns(
      api.testDatabase.database,
      'attempts',
      { bootstrapSecret: null, bootstrapTokenHash: hashSecret(tokenOf(attempt)) },
      { id: attempt.id },
    );
  });
  const asOld = (method: 'GET' | 'POST', route: string, payload?: Buffer, bearer = tokenOf(attempt)) =>
    api.app.inject({
      method,
      url: `/pumphouse/v1/attempts/${attempt.id}/${route}`,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-ndjson' },
      ...(payload ? { payload } : {}),
    });

  it('finishes with its bearer token, which is invalid afterwards', async () => {
    expect((await asOld('GET', 'code')).statusCode).toBe(401);
    await setAttempt(api.testDatabase.database, attempt.id, { begunBy: 'nonce', begunAt: new Date() });
    await api.setRun(seeded.run.id, { status: 'running' });
    expect((await asOld('POST', '-spool?offset=0', started, 'dlt_b_another')).statusCode).toBe(401);
    expect((await asOld('GET', 'code')).statusCode).toBe(200);
    // The old bootstrap was given the hash of the whole archive, and fails on any other.
    const whole = await readConfigurationFiles(
      Readable.from([(await asOld('GET', 'configuration')).rawPayload]),
    );
    expect(whole).toHaveLength(Object.keys(configuration).length);
    const spool = Buffer.concat([started, exit]);
    expect((await asOld('POST', '-spool?offset=0', started)).json()).toEqual({ offset: started.length });
    expect((await asOld('GET', 'configuration')).statusCode).toBe(409);
    expect((await asOld('POST', '-spool?offset=0', spool)).json()).toEqual({ offset: spool.length });
    expect((await api.persistence.store.jobRuns.find(seeded.run.id))?.status).toBe('completed');
    expect((await asOld('GET', 'configuration')).statusCode).toBe(410);
    expect((await asOld('POST', `-spool?offset=${spool.length}`, started)).statusCode).toBe(410);
  });
});

describe('the store', () => {
  it('never holds an attempt’s secret in a usable form', async () => {
    const rows = await api.testDatabase.database.query<{ secret: Buffer; hash: Buffer }>(
      'select bootstrap_secret as secret, bootstrap_token_hash as hash from attempts where id = $1',
      [attempt.id],
    );
    const [row] = rows;
    expect(row?.secret.includes(attempt.secret)).toBe(false);
    for (const found of [row?.secret, row?.hash]) {
      for (const secret of [found?.toString('hex') ?? '', found?.toString('base64url') ?? '']) {
        const forged = await callAsAttempt(
          api.app,
          { id: attempt.id, secret },
          { method: 'GET', route: 'code' },
        );
        expect(forged.statusCode).toBe(401);
      }
    }
  });
});
