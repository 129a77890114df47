import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import type { VariableUpsert } from '../../domain/variables/variable-change.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { claimRun } from '../../store/postgres/testing/runs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const plain = (name: string, value: string): VariableUpsert => ({ name, type: 'plain', value });
const secret = (name: string, value: string): VariableUpsert => ({ name, type: 'secret', value });

function setVariables(profile: string | null, ...upserts: VariableUpsert[]) {
  return context.updateVariables({ profile, deletes: [], upserts });
}

describe('a run that starts', () => {
  let attemptId: string;
  let claimNumber: number;

  /**
   * Requests the start of the run's attempt like its bootstrap.
   * @param nonce the same for a bootstrap that repeats its request
   */
  function begin(nonce = 'nonce') {
    return fixture.beginAttempt.begin(attemptId, { claimNumber, nonce });
  }

  async function startRun(profile: string | null = null): Promise<void> {
    const started = await context.startRun('jobs.m.a', { profile });
    ({ claimNumber } = await claimRun(fixture.database, started.id));
    const claim = { jobRunId: started.id, claimNumber };
    const { credential } = fixture.attemptSecrets.create(started.id);
    const attempt = await fixture.store.attempts.insert(claim, 'fake', {
      ...credential,
      limits: { cores: null, memoryBytes: null },
    });
    attemptId = attempt?.id ?? '';
  }

  beforeEach(async () => {
    await context.deployAll([defineJob('jobs.m.a', { execute: { concurrency: null } })]);
  });

  it('gets the variables of the workspace, overridden by those of its profile', async () => {
    await setVariables(
      null,
      plain('ONE', 'of all'),
      plain('TWO', 'of all'),
      secret('THREE', 'secret of all'),
    );
    await setVariables('prod', plain('TWO', 'of prod'), plain('THREE', 'plain of prod'), plain('EMPTY', ''));
    await setVariables('other', plain('ONE', 'of other'), plain('FOUR', 'of other'));
    await startRun();
    const { variables, masked_values: masked } = await begin();
    expect(variables).toMatchObject({ ONE: 'of all', TWO: 'of prod', THREE: 'plain of prod', EMPTY: '' });
    expect(variables).not.toHaveProperty('FOUR');
    expect(masked).not.toContain('secret of all');
    await startRun('other');
    expect((await begin()).variables).toMatchObject({ ONE: 'of other', TWO: 'of all', FOUR: 'of other' });
  });

  it('has its secrets masked, including their parts, and no plain values', async () => {
    await setVariables(
      null,
      secret('PASSWORD', 'swordfish'),
      secret('DATABASE', 'postgresql://me:trout-42@db/shop'),
      plain('GREETING', 'good morning'),
    );
    await startRun();
    const { variables, masked_values: masked } = await begin();
    expect(variables).toMatchObject({ PASSWORD: 'swordfish', GREETING: 'good morning' });
    expect(masked).toEqual(
      expect.arrayContaining(['swordfish', 'postgresql://me:trout-42@db/shop', 'trout-42']),
    );
    expect(masked).not.toContain('good morning');
  });

  it('has the other strings of JSON masked in texts, unless they are names of the workspace', async () => {
    const account = { project_id: 'warehouse-of-shop', database: 'jobs.m.a', private_key: 'swordfish' };
    await setVariables(null, secret('ACCOUNT', JSON.stringify(account)));
    await startRun();
    const first = await begin();
    expect(first.masked_values).toContain('swordfish');
    expect(first.masked_values).not.toContain('warehouse-of-shop');
    expect(first.text_masked_values).toEqual(['warehouse-of-shop']);
    // A bootstrap of the previous release masks one list, in all that the run sends.
    const request = { claimNumber, nonce: 'nonce' };
    const older = { isOfOlderRelease: false, keepsNames: false };
    const repeated = await fixture.beginAttempt.begin(attemptId, request, older);
    expect(repeated.masked_values).toEqual(expect.arrayContaining(['swordfish', 'warehouse-of-shop']));
    expect(repeated.masked_values).not.toContain('jobs.m.a');
    expect(repeated.text_masked_values).toEqual([]);
  });

  it('keeps the variables of Pumphouse, whatever is stored, and may set its language', async () => {
    await setVariables(null, plain('LANG', 'de_DE.UTF-8'));
    // Names that were reserved after a user had set them.
    await context.storeVariables({ RUNTIME__RUN_ID: 'stored', PYTHONUNBUFFERED: 'stored' });
    await startRun();
    const { run_id: runId, variables } = await begin();
    expect(variables).toMatchObject({ LANG: 'de_DE.UTF-8', RUNTIME__RUN_ID: runId, PYTHONUNBUFFERED: '1' });
  });

  it('does not get a stored variable whose name is now reserved, which is reported', async () => {
    await setVariables('prod', plain('KEPT', '1'));
    await context.storeVariables({ LD_PRELOAD: '/tmp/x.so' });
    await startRun();
    const { variables } = await begin();
    expect(variables).toMatchObject({ KEPT: '1' });
    expect(variables).not.toHaveProperty('LD_PRELOAD');
    const { leftOut } = await fixture.readRunVariables(context.workspaceId, 'prod');
    expect(leftOut).toEqual(['LD_PRELOAD']);
    expect(await fixture.store.variables.list(context.workspaceId)).toHaveLength(2);
  });

  it('gets the values of that moment', async () => {
    await setVariables(null, plain('A', 'when it was started'));
    await startRun();
    await setVariables(null, plain('A', 'when it began'));
    expect((await begin()).variables).toMatchObject({ A: 'when it began' });
  });

  it('does not continue with a secret that cannot be decrypted, and the error does not quote it', async () => {
    await setVariables(null, secret('A', 'swordfish'), secret('B', 'swordfish'));
    const stored = await fixture.store.variables.list(context.workspaceId);
    const foreign = stored.find(({ name }) => name === 'A')?.sealedValue ?? null;
    const scope = { workspaceId: context.workspaceId, profile: null };
    const mixedUp = { name: 'B', plainValue: null, sealedValue: foreign };
    await fixture.store.variables.upsert(scope, [mixedUp], context.userId);
    await startRun();
    await expect(begin()).rejects.toThrow(/^The secret variable B cannot be opened/);
  });
});

describe('a change of variables', () => {
  it('is serialized with others, and none exceeds the limits', async () => {
    const many = (prefix: string) =>
      Array.from({ length: 300 }, (_, index) => plain(`${prefix}${index}`, ''));
    const outcomes = await Promise.allSettled([
      setVariables(null, ...many('A')),
      setVariables(null, ...many('B')),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await fixture.store.variables.list(context.workspaceId)).toHaveLength(300);
  });

  it('gives each write its own revision, even for the same value', async () => {
    const revisions = new Set<string>();
    for (let count = 0; count < 3; count += 1) {
      await setVariables(null, secret('A', 'swordfish'));
      const { variables } = await fixture.readRunVariables(context.workspaceId, 'prod');
      const [variable] = variables;
      revisions.add(variable?.revision ?? '');
    }
    expect(revisions.size).toBe(3);
  });

  it('stores no readable secret, and encrypts the same value differently each time', async () => {
    await setVariables(null, secret('A', 'swordfish'), secret('B', 'swordfish'));
    const [a, b] = await fixture.store.variables.list(context.workspaceId);
    expect(a?.plainValue).toBeNull();
    expect(a?.sealedValue?.includes('swordfish')).toBe(false);
    expect(a?.sealedValue?.equals(b?.sealedValue ?? Buffer.from(''))).toBe(false);
  });
});
