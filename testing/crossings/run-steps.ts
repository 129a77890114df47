import type { JobRunRecord } from '@pumphouse/server/store/records.ts';
import type { ServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { addPipelineRun } from '@pumphouse/server/store/postgres/testing/pipelines.ts';
import { claimRun } from '@pumphouse/server/store/postgres/testing/runs.ts';
import { createServiceFixture, noon } from '@pumphouse/server/services/testing/service-fixture.ts';
import {
  createWorkspaceFixture,
  defineJob,
  plainRequirements,
} from '@pumphouse/server/services/testing/workspace-fixture.ts';

export const failed = {
  status: 'failed',
  failure: { code: 'exit_code', detail: 'It ended with 1.' },
} as const;
export const retries = '[pumphouse]\nretries = { count = 1, backoff = "1h" }\n';
export const demand = (table: string) =>
  `[pumphouse.pipelines.shop]\non_failure = "fail"\nexpect = [{ table = "${table}", min_rows = 1 }]\n`;
export const daily = { triggers: ['schedule:0 0 * * *'] };
export const unlimited = { execute: { concurrency: null } };

export type RunSteps = ReturnType<typeof createRunSteps>;

interface RunTest {
  fixture: ServiceFixture;
  context: WorkspaceFixture;
  steps: RunSteps;
}

/** Opens the services for the tests of a file, and a workspace for each test. */
export function useRuns(assign: (opened: RunTest) => void): void {
  let fixture: ServiceFixture;
  beforeAll(async () => {
    fixture = await createServiceFixture();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.clock.now = noon;
    const context = await createWorkspaceFixture(fixture);
    assign({ fixture, context, steps: createRunSteps(fixture, context) });
  });
}

/** Creates the steps of runs of `jobs.a`: deploys, rollbacks, starts and the ends of attempts. */
function createRunSteps(fixture: ServiceFixture, context: WorkspaceFixture) {
  const uploadCode = (code: string) =>
    context.uploadDeployment(plainRequirements, undefined, { 'a.py': code });

  /** Deploys `jobs.a` with these settings. */
  async function deploy(settings = '', keys: object = unlimited): Promise<void> {
    await uploadCode('x = 1');
    await context.uploadConfiguration({ 'config.toml': settings });
    await context.deployJobs([defineJob('jobs.a', keys)]);
  }

  async function scopeOf(jobRef = 'jobs.a') {
    return { workspaceId: context.workspaceId, jobId: (await context.getJob(jobRef)).id };
  }

  async function rollBack(kind: 'deployment' | 'configuration', { id }: { id: string }) {
    const { workspaceId, membershipId } = context;
    return fixture.rollBack[kind]({ workspaceId, membershipId, versionId: id });
  }

  async function start(input: unknown): Promise<JobRunRecord> {
    const { workspaceId, membershipId } = context;
    const request = { workspaceId, membershipId, profile: null, refresh: false, isByViewer: false };
    const { run } = await fixture.startJob({ ...request, jobId: (await scopeOf()).jobId, input });
    if (!run) throw new Error('It was not started');
    return run;
  }

  /** Requests the start of an attempt of a run, like its bootstrap. */
  async function begin({ id }: JobRunRecord) {
    const claim = await claimRun(fixture.database, id);
    const { credential } = fixture.attemptSecrets.create(id);
    const limits = { cores: null, memoryBytes: null };
    const attempt = await fixture.store.attempts.insert(claim, 'fake', { ...credential, limits });
    if (!attempt) throw new Error('The attempt was not made');
    const request = { claimNumber: claim.claimNumber, nonce: 'nonce' };
    const admitted = await fixture.beginAttempt.begin(attempt.id, request);
    const entryPoint = [...admitted.arguments, ...admitted.private_arguments].at(-1) ?? '';
    return {
      ...admitted,
      attemptId: attempt.id,
      entryPoint: JSON.parse(entryPoint) as Record<string, unknown>,
    };
  }

  /** Ends the first attempt of a run, so that it waits for its next one. */
  async function failFirst(run: JobRunRecord) {
    const first = await begin(run);
    await fixture.finishRun(run.id, failed, { attemptId: first.attemptId });
    return first;
  }

  /** Ends an attempt well that has loaded rows with the pipeline `shop`. */
  async function load(run: JobRunRecord, tables: Record<string, number>): Promise<JobRunRecord> {
    const attempt = await context.createAttempt(run);
    const sum = Object.values(tables).reduce((total, rows) => total + rows, 0);
    const facts = {
      pipelineName: 'shop',
      status: 'succeeded' as const,
      finishedAt: '2026-03-10T12:00:00Z',
      hasSchemaMigration: false,
      loadPackages: [],
      steps: [{ step: 'load' as const }],
      tables: Object.entries(tables).map(([tableName, rowsLoaded]) => ({
        tableName,
        schemaName: 'shop',
        rowsLoaded,
      })),
    };
    await addPipelineRun(fixture.database, {
      workspaceId: context.workspaceId,
      jobRunId: run.id,
      attemptId: attempt.id,
      transactionId: run.id,
      pipelineName: 'shop',
      status: 'succeeded',
      totalRowsLoaded: sum,
      facts,
    });
    await recordExit(attempt.id, 0);
    return context.getRun(run.id);
  }

  /** Ends an attempt of a run that used no pipeline. */
  async function end(run: JobRunRecord, code: number): Promise<JobRunRecord> {
    await recordExit((await begin(run)).attemptId, code);
    return context.getRun(run.id);
  }

  async function recordExit(attemptId: string, code: number): Promise<void> {
    const exit = { n: 0, kind: 'exit', at: '2026-03-10T12:00:00Z', code, signal: null, reason: null };
    await fixture.recordSpool.record(attemptId, 0, Buffer.from(`${JSON.stringify(exit)}\n`));
  }

  return { uploadCode, deploy, scopeOf, rollBack, start, begin, failFirst, load, end, recordExit };
}
