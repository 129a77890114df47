import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { ArchiveContent } from '../../../../../testing/fixtures/workspace-archive.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { JobRunRecord } from '../../store/records.ts';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../../testing/fixtures/workspace-archive.ts';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { plainRequirements } from '../../services/testing/workspace-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { startByHand } from '../testing/deployed-jobs.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
});

const payments = (amount: string) => `from lib import money\nmoney.parse("${amount}")\n`;
const money = (call: string) => `def parse(text):\n    return ${call}(text)\n`;
const code = {
  'payments.py': payments('12'),
  'lib/money.py': money('float'),
  'orders.py': 'import dlt\n',
  'queries/orders.sql': 'select 1',
};

interface Deployed {
  files?: Record<string, ArchiveContent>;
  configuration?: Record<string, string>;
  job?: Partial<JobDefinition>;
}

/** Deploys the job `payments`. @returns the id of the job */
async function deploy({ files = code, configuration = { 'config.toml': '' }, job = {} }: Deployed = {}) {
  const { owner, workspace } = context;
  const grantFor = (kind: 'deployment' | 'configuration') => ({
    principal: owner.principal,
    workspaceId: workspace.id,
    kind,
    uploadId: randomUUID(),
  });
  const archivePath = join(api.folder, `${randomUUID()}.tar.gz`);
  await writeFile(archivePath, buildArchive(files));
  await api.services.uploadPackage.uploadDeployment({
    grant: grantFor('deployment'),
    archivePath,
    requirements: plainRequirements,
    requirementsSizeBytes: 2,
  });
  await api.services.uploadPackage.uploadConfiguration({
    grant: grantFor('configuration'),
    archive: buildArchive(configuration),
  });
  const definition = defineJob('jobs.payments', job);
  const { jobs } = await api.services.deploy({
    workspaceId: workspace.id,
    membershipId: owner.membershipId,
    jobs: [
      { ...definition, entry_point: { ...definition.entry_point, module: 'payments', ...job.entry_point } },
    ],
    deploymentModule: null,
    dryRun: false,
  });
  return jobs[0]?.job.id ?? '';
}

interface Carried {
  status?: 'completed' | 'failed';
  traces?: unknown[];
  packages?: readonly string[];
}

/** Starts the job and simulates its run. */
async function carryOut(jobId: string, carried: Carried = {}): Promise<JobRunRecord> {
  const { owner, workspace, organization } = context;
  const { status = 'completed', traces = [], packages } = carried;
  const run = await startByHand(api, { workspaceId: workspace.id, membershipId: owner.membershipId, jobId });
  const { id } = await api.createAttempt(run);
  await setAttempt(api.testDatabase.database, id, { begunBy: 'nonce', begunAt: new Date() });
  if (packages) await useEnvironment(id, organization.id, packages);
  const spool = traces.map((body, n) =>
    JSON.stringify({
      n,
      kind: 'beacon',
      at: new Date().toISOString(),
      type: 'trace',
      body: JSON.stringify(body),
    }),
  );
  await api.services.recordSpool.record(id, 0, Buffer.from(spool.map((line) => `${line}\n`).join('')));
  await api.services.ingestTelemetry.ofAttempt(id);
  // This failure is not retried.
  const failure = { code: 'out_of_memory' as const, detail: 'It took more than it may.' };
  await api.finishRun(run.id, status === 'failed' ? { status, failure } : { status });
  return run;
}

async function useEnvironment(attemptId: string, organizationId: string, packages: readonly string[]) {
  const { environments } = api.persistence.store;
  const key = randomUUID();
  const environment = { key, organizationId, pythonVersion: '3.12', requirements: [] };
  await environments.takeBuild(environment, 'builder', 60, { replaceReady: false });
  const location = { executor: 'fake', path: `/environments/${key}` };
  await environments.finishBuild(key, 'builder', { location, packages });
  await environments.noteUse(attemptId, location.path);
}

async function get(run: { id: string }, query = '', caller: TestCaller = context.owner) {
  const url = `/pumphouse/v1/workspaces/${context.workspace.id}/job-runs/${run.id}/changes${query}`;
  return api.app.inject({ url, headers: { authorization: `Bearer ${caller.key}` } });
}
const changesOf = async (run: { id: string }, query = '', caller: TestCaller = context.owner) =>
  readAnswer('get_job_run_changes', await get(run, query, caller));

describe('the changes of a run', () => {
  it('are empty if no earlier run completed, but name the first failure', async () => {
    const jobId = await deploy();
    const first = await carryOut(jobId, { status: 'failed' });
    const run = await carryOut(jobId, { status: 'failed' });
    expect(await changesOf(run)).toMatchObject({
      base: null,
      target: { id: run.id, status: 'failed', deployment_version: 1 },
      failure_streak: { first: { id: first.id, number: 1, deployment_version: 1 }, failed_count: 2 },
      usual_duration_seconds: null,
      files: [],
      packages: null,
      is_truncated: false,
    });
  });

  it('are since the last completed run, and the streak of failures too', async () => {
    const jobId = await deploy();
    await carryOut(jobId, { status: 'failed' });
    const completed = await carryOut(jobId);
    await deploy({ files: { ...code, 'lib/money.py': money('int') } });
    const failed = [await carryOut(jobId, { status: 'failed' }), await carryOut(jobId, { status: 'failed' })];
    const [first, second] = await Promise.all(failed.map((run) => changesOf(run)));
    expect(first).toMatchObject({
      base: { id: completed.id, deployment_version: 1 },
      failure_streak: { first: { id: failed[0]?.id, deployment_version: 2 }, failed_count: 1 },
    });
    expect(second?.failure_streak).toMatchObject({ first: { id: failed[0]?.id }, failed_count: 2 });
    expect(second?.usual_duration_seconds).toBeGreaterThanOrEqual(0);
    expect((await changesOf(completed)).failure_streak).toBeNull();
  });

  it('contain only the changed files that the job imports', async () => {
    const jobId = await deploy();
    await carryOut(jobId);
    await deploy({
      files: {
        ...code,
        'lib/money.py': money('int'),
        'lib/rates.py': 'rates = [1]\n',
        'payments.py': `${payments('12')}import lib.rates\nopen("names.bin")\n`,
        'names.bin': Buffer.from([0, 1, 2]),
        'orders.py': 'import dlt, os\n',
        'queries/orders.sql': 'select 2',
      },
    });
    const changes = await changesOf(await carryOut(jobId, { status: 'failed' }));
    expect(changes.files).toEqual([
      { path: 'lib/money.py', change: 'changed', added_line_count: 1, removed_line_count: 1 },
      { path: 'lib/rates.py', change: 'added', added_line_count: 1, removed_line_count: 0 },
      { path: 'names.bin', change: 'added', added_line_count: null, removed_line_count: null },
      { path: 'payments.py', change: 'changed', added_line_count: 2, removed_line_count: 0 },
    ]);
    expect(changes).toMatchObject({ files_outcome: 'compared', other_changed_file_count: 2 });
  });

  it('do not name files once retention has removed an archive', async () => {
    const jobId = await deploy();
    const { deploymentId } = await carryOut(jobId);
    await deploy({ files: { ...code, 'lib/money.py': money('int') } });
    const run = await carryOut(jobId);
    const removed = { archiveRemovedAt: new Date() };
    await setColumns(api.testDatabase.database, 'deployments', removed, { id: deploymentId });
    expect(await changesOf(run)).toMatchObject({
      files: [],
      files_outcome: 'archive_removed',
      other_changed_file_count: 1,
    });
  });

  it('name the configuration files of the profile, and job settings with their values', async () => {
    const before = { 'config.toml': 'a = 1', 'secrets.toml': 'key = "old"', 'test.config.toml': 'a = 1' };
    const jobId = await deploy({ configuration: before });
    await carryOut(jobId);
    const configuration = {
      'config.toml': 'a = 1',
      'secrets.toml': 'key = "new"',
      'test.config.toml': 'a = 2',
    };
    await deploy({ configuration, job: { execute: { concurrency: 3 } } });
    const changes = await changesOf(await carryOut(jobId));
    expect(changes).toMatchObject({
      files: [],
      configuration_files: [{ path: 'secrets.toml', change: 'changed' }],
      run_changes: [],
      job_changes: [{ key: 'execute.concurrency', change: 'added', after: '3' }],
    });
    expect(JSON.stringify(changes)).not.toContain('"new"');
  });

  it('count the variables that were written between both runs', async () => {
    const jobId = await deploy();
    const { variables } = api.persistence.store;
    const scope = { workspaceId: context.workspace.id, profile: null };
    const write = (profile: string | null, name: string) =>
      variables.upsert(
        { ...scope, profile },
        [{ name, plainValue: 'x', sealedValue: null }],
        context.owner.userId,
      );
    await write(null, 'BEFORE');
    await carryOut(jobId);
    await write(null, 'SHARED');
    await write('prod', 'OF_PROFILE');
    await write('other', 'OF_OTHER');
    const run = await carryOut(jobId);
    await write(null, 'AFTER');
    expect((await changesOf(run)).changed_variable_count).toBe(2);
  });

  it('name the packages that resolved to another version', async () => {
    const jobId = await deploy();
    await carryOut(jobId, { packages: ['dlt==1.31.0', 'duckdb==1.3.1'] });
    const run = await carryOut(jobId, { packages: ['dlt==1.31.0', 'duckdb==1.4.0', 'zstd==1'] });
    expect((await changesOf(run)).packages).toEqual([
      { name: 'duckdb', before: '1.3.1', after: '1.4.0' },
      { name: 'zstd', before: null, after: '1' },
    ]);
    expect((await changesOf(await carryOut(jobId))).packages).toBeNull();
  });

  it('contain tables with far fewer or more source rows than usual', async () => {
    const jobId = await deploy();
    const trace = readCapturedBody('ok/002-trace');
    const few = await carryOut(jobId, { traces: [trace] });
    for (let count = 0; count < 2; count += 1) await carryOut(jobId, { traces: [trace] });
    const run = await carryOut(jobId, { traces: [trace] });
    expect((await changesOf(run)).rows).toEqual([]);
    const [reported] = await api.persistence.store.telemetry.listDetailsOfJobRun(few.id, 1);
    const facts = structuredClone(reported?.facts);
    const table = facts?.tables.find(({ rowsExtracted }) => rowsExtracted !== null);
    if (!facts || !table) throw new Error('The trace has no table');
    const usual = table.rowsExtracted ?? 0;
    table.rowsExtracted = usual + 1000;
    await setColumns(
      api.testDatabase.database,
      'pipeline_runs',
      { facts: JSON.stringify(facts) },
      { jobRunId: run.id },
    );
    expect((await changesOf(run)).rows).toEqual([
      {
        pipeline_name: facts.pipelineName,
        schema_name: table.schemaName,
        table_name: table.tableName,
        usual_rows: usual,
        usual_run_count: 3,
        rows: usual + 1000,
      },
    ]);
  });

  it('can be read by a viewer, without values of settings and lines of code', async () => {
    const jobId = await deploy();
    await carryOut(jobId);
    await deploy({ files: { ...code, 'lib/money.py': money('int') } });
    const run = await carryOut(jobId, { status: 'failed' });
    const viewer = await api.createCaller(
      { id: context.organization.id, role: 'member' },
      { id: context.workspace.id, role: 'viewer' },
    );
    const changes = await changesOf(run, '', viewer);
    expect(changes.files).toHaveLength(1);
    expect(JSON.stringify(changes)).not.toContain('return int');
  });

  it('are rejected for a run of another job as the base, and for runs of other workspaces', async () => {
    const run = await carryOut(await deploy());
    const elsewhere = await seedRun(api);
    expect((await get(run, `?base_id=${elsewhere.run.id}`)).json()).toMatchObject({ code: 'not_found' });
    expect((await get(elsewhere.run)).json()).toMatchObject({ code: 'not_found' });
    const stranger = elsewhere.owner;
    expect((await get(run, '', stranger)).statusCode).toBeGreaterThanOrEqual(403);
  });
});
