import type { Persistence } from '../../store.ts';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildDefinition } from '../../../domain/jobs/test-definition.ts';
import { createPersistence } from '../../store.ts';
import { createTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';

let own: TestDatabase;
let persistence: Persistence;
let workspaceId: string;
let createdBy: string;
beforeEach(async () => {
  own = await createTestDatabase();
  persistence = createPersistence(own.database);
  const { store } = persistence;
  const { id: organizationId } = await store.people.createOrganization({
    name: 'Acme',
    dataplaneId: 'local',
  });
  const user = await store.people.createUser({ email: 'a@example.com', kind: 'human', passwordHash: null });
  createdBy = (await store.people.addMember(organizationId, user.id, 'owner')).id;
  workspaceId = (await store.workspaces.create({ organizationId, name: 'W', description: null })).id;
});
afterEach(() => own.drop());

/** Creates a job whose stored definition has these keys only. */
async function createJob(name: string, stored: object): Promise<string> {
  const content = {
    definition: buildDefinition({ job_ref: `jobs.${name}` }),
    definitionHash: name,
    engineVersion: 2,
    description: null,
    profile: 'dev',
    maxRunTimeSeconds: null,
    jobType: 'batch',
    triggers: [],
    defaultTrigger: null,
    upstreamRefs: [],
    deploymentModule: null,
  };
  const { id } = await persistence.transaction((store) =>
    store.jobs.create(workspaceId, `jobs.${name}`, content, createdBy),
  );
  await own.database.execute('update job_versions set definition = $2 where job_id = $1', [
    id,
    JSON.stringify(stored),
  ]);
  return id;
}

describe('a stored definition', () => {
  it('is read unchanged, with keys and values that this version does not know', async () => {
    const stored = {
      zeal: { level: 9 },
      ...buildDefinition({ job_ref: 'jobs.a', engine_version: 3 }),
      mode: 'x',
    };
    const id = await createJob('a', stored);
    const job = await persistence.store.jobs.get(workspaceId, id);
    expect(JSON.stringify(job?.definition)).toBe(JSON.stringify(stored));
    const [version] = await persistence.store.jobs.getVersions([job?.currentVersionId ?? '']);
    expect(version?.definition).toEqual(stored);
  });

  it('that is not usable fails only its own job, by its name', async () => {
    const good = await createJob('good', buildDefinition({ job_ref: 'jobs.good' }));
    const bad = await createJob('bad', { job_ref: 'jobs.bad' });
    const message =
      'The stored definition of job jobs.bad, version 1, cannot be read: entry_point must be an object';
    const { jobs } = persistence.store;
    for (const list of [await jobs.listAll(workspaceId), await jobs.getMany([good, bad])]) {
      const byId = new Map(list.map((job) => [job.id, job]));
      expect(byId.get(good)?.definition.triggers).toEqual([]);
      expect(byId.get(bad)?.jobRef).toBe('jobs.bad');
      expect(() => byId.get(bad)?.definition).toThrow(message);
    }
    const { rows } = await jobs.listVersions(bad).read({ limit: 10, offset: 0 });
    expect(rows.map(({ version }) => version)).toEqual([1]);
    expect(() => rows[0]?.definition).toThrow(`of job ${bad}, version 1,`);
  });
});
