import type { CreateRunRequest, TriggerRequest } from '../runs/start-runs.ts';
import type { DeployRequest } from '../jobs/deploy.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { JobColumns } from '../../store/postgres/testing/jobs.ts';
import type { LogLine } from '../../domain/logs/log-line.ts';
import type { ServiceFixture } from './service-fixture.ts';
import type { RunColumns } from '../../store/postgres/testing/runs.ts';
import type { VariableChange } from '../../domain/variables/variable-change.ts';
import type { UploadGrant } from '../sign-in/credentials.ts';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { buildDefinition } from '../../domain/jobs/test-definition.ts';
import { claimRun, setRun as setRunIn } from '../../store/postgres/testing/runs.ts';
import { listEvents } from '../../store/postgres/testing/outbox.ts';
import { setJob as setJobIn } from '../../store/postgres/testing/jobs.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

export type WorkspaceFixture = Awaited<ReturnType<typeof createWorkspaceFixture>>;

/** Requirements of a deployment of plain code without local data. */
export const plainRequirements = {
  engine_version: 2,
  python_version: '3.12',
  default_groups: ['main'],
  groups: { main: ['requests==2.32.0'] },
};

/** Requirements with a database in local files. */
export const embeddedRequirements = { ...plainRequirements, groups: { main: ['duckdb==1.4.0'] } };
/** With a database that needs the local data lock. */
export const unlockedRequirements = { ...plainRequirements, groups: { main: ['kuzu==0.11.3'] } };

/** Builds a definition that the client could have sent. */
export function defineJob(jobRef: string, keys: Parameters<typeof buildDefinition>[0] = {}): JobDefinition {
  return buildDefinition({ job_ref: jobRef, ...keys });
}

/** Creates a workspace with its owner, and functions for what the owner does there. */
export async function createWorkspaceFixture(fixture: ServiceFixture) {
  const { store } = fixture;
  const organization = await store.people.createOrganization({ name: 'Acme', dataplaneId: 'local' });
  const workspace = await store.workspaces.create({
    organizationId: organization.id,
    name: 'W',
    description: null,
  });
  const email = `${randomUUID()}@example.com`;
  const user = await store.people.createUser({ email, kind: 'human', passwordHash: null });
  const membership = await store.people.addMember(organization.id, user.id, 'owner');
  await store.workspaces.addMember(workspace.id, membership.id, 'owner');
  const who = { workspaceId: workspace.id, membershipId: membership.id };
  const principal = { userId: user.id, email, credential: null, workspaceId: null, kind: 'user' as const };

  const grant = (kind: UploadGrant['kind'], uploadId: string = randomUUID()): UploadGrant => ({
    principal,
    workspaceId: workspace.id,
    kind,
    uploadId,
  });

  async function updateVariables(change: VariableChange) {
    const access = await store.workspaces.findAccess(workspace.id, user.id);
    return fixture.variables.update({ principal, workspace: access ?? null, organization: null }, change);
  }

  return {
    ...who,
    organizationId: organization.id,
    userId: user.id,
    grant,
    updateVariables,
    /** Stores plain variables of the workspace, whose names a request may not use. */
    storeVariables: (variables: Record<string, string>) =>
      store.variables.upsert(
        { workspaceId: workspace.id, profile: null },
        Object.entries(variables).map(([name, plainValue]) => ({ name, plainValue, sealedValue: null })),
        user.id,
      ),
    ...createDeploying(fixture, who, grant),
    ...createRunning(fixture, who),
  };
}

type Who = Pick<DeployRequest, 'workspaceId' | 'membershipId'>;

function createDeploying(
  fixture: ServiceFixture,
  who: Who,
  grant: (kind: UploadGrant['kind']) => UploadGrant,
) {
  async function uploadDeployment(
    requirements: unknown = plainRequirements,
    own = grant('deployment'),
    files: Record<string, string> = { 'a.py': 'x = 1' },
  ) {
    const archivePath = join(fixture.folder, `${randomUUID()}.tar.gz`);
    await writeFile(archivePath, buildArchive(files));
    const upload = { grant: own, archivePath, requirements, requirementsSizeBytes: 2 };
    return fixture.uploadPackage.uploadDeployment(upload);
  }

  async function uploadConfiguration(files: Record<string, string> = { 'config.toml': '' }) {
    const archive = buildArchive(files);
    return fixture.uploadPackage.uploadConfiguration({ grant: grant('configuration'), archive });
  }

  async function deployJobs(jobs: readonly unknown[], options: Partial<DeployRequest> = {}) {
    return fixture.deploy({ ...who, jobs, deploymentModule: null, dryRun: false, ...options });
  }

  return {
    uploadDeployment,
    uploadConfiguration,
    deployJobs,
    /** Deploys code, a configuration and the jobs. */
    async deployAll(jobs: readonly unknown[], requirements: unknown = plainRequirements): Promise<void> {
      await uploadDeployment(requirements);
      await uploadConfiguration();
      await deployJobs(jobs);
    },
  };
}

function createRunning(fixture: ServiceFixture, who: Who) {
  const { store, database } = fixture;

  async function getJob(jobRef: string): Promise<JobRecord> {
    const job = (await store.jobs.listAll(who.workspaceId)).find((one) => one.jobRef === jobRef);
    if (!job) throw new Error(`There is no job ${jobRef}`);
    return job;
  }

  async function getRun(jobRunId: string): Promise<JobRunRecord> {
    const run = await store.jobRuns.find(jobRunId);
    if (!run) throw new Error(`There is no run ${jobRunId}`);
    return run;
  }

  async function createRun(jobRef: string, options: Partial<CreateRunRequest> = {}) {
    const { id } = await getJob(jobRef);
    return fixture.startRuns.createRun({
      ...who,
      jobId: id,
      trigger: 'manual:',
      profile: null,
      refresh: false,
      skipFreshness: false,
      mode: 'always',
      ...options,
    });
  }

  const setRun = (jobRunId: string, columns: RunColumns) => setRunIn(database, jobRunId, columns);

  return {
    getJob,
    getRun,
    setRun,
    createRun,

    async startRun(jobRef: string, options: Partial<CreateRunRequest> = {}): Promise<JobRunRecord> {
      return (await createRun(jobRef, options)).run;
    },

    trigger: (request: Partial<TriggerRequest>) =>
      fixture.startRuns.trigger({
        ...who,
        jobIds: [],
        selectors: [],
        profile: null,
        refresh: false,
        dryRun: false,
        ...request,
      }),

    setJob: (jobRef: string, columns: JobColumns) =>
      setJobIn(database, { workspaceId: who.workspaceId, jobRef }, columns),

    /** Ends a run as completed, as if its user code had finished. */
    async complete(run: JobRunRecord): Promise<void> {
      await setRun(run.id, { status: 'running' });
      if (!(await fixture.finishRun(run.id, { status: 'completed' }))) throw new Error('It did not end');
    },

    /** Lists the runs of a job, oldest first. */
    async listRuns(jobRef: string): Promise<JobRunRecord[]> {
      const { id: jobId } = await getJob(jobRef);
      const list = await store.jobRuns.list(who.workspaceId, { jobId, includeSystemJobs: true });
      const sorting = [{ key: 'number', order: 'asc' }] as const;
      return (await list.read({ limit: 1000, offset: 0, sorting })).rows;
    },

    /**
     * Creates the attempt of a running run, as if a supervisor had started it and its bootstrap had been
     * admitted.
     */
    async createAttempt(run: JobRunRecord): Promise<{ id: string; run: JobRunRecord }> {
      const claim = await claimRun(database, run.id);
      const attempt = await store.attempts.insert(claim, 'fake', {
        ...fixture.attemptSecrets.create(run.id).credential,
        limits: { cores: 2, memoryBytes: 4 * 1024 ** 3 },
      });
      if (!attempt) throw new Error('The attempt was not made');
      await setAttempt(database, attempt.id, { begunBy: 'nonce', begunAt: new Date() });
      await setRun(run.id, { status: 'running', startedAt: new Date() });
      return { id: attempt.id, run: await getRun(run.id) };
    },

    /** Reads the log of a run, with its attempts in order. */
    async readLog(jobRunId: string): Promise<LogLine[]> {
      const lines: LogLine[] = [];
      for (const attempt of await store.attempts.listOfRun(jobRunId)) {
        const pieces = fixture.logFiles.read(attempt.id, { fromLine: 0, toBytes: attempt.logBytes });
        for await (const piece of pieces) {
          const texts = Buffer.from(piece).toString().split('\n').slice(0, -1);
          lines.push(...texts.map((text) => JSON.parse(text) as LogLine));
        }
      }
      return lines;
    },

    listEvents: (jobRunId: string) => listEvents(database, jobRunId),

    /** Counts the runs of the workspace, up to a thousand. */
    countRuns: async (): Promise<number> => (await store.jobRuns.list(who.workspaceId, {})).count(1000),

    archiveWorkspace: () => fixture.workspaces.archive(who.workspaceId),
  };
}
