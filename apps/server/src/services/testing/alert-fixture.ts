import type { CheckResult } from '../../domain/pipelines/evaluate-checks.ts';
import type { AlertRuleDraft } from '../alerts/check-rule.ts';
import type { AlertKind } from '@pumphouse/contract';
import type { RunOutcome } from '../../domain/runs/run-outcome.ts';
import type { RunFailureReason } from '../../domain/runs/run-failures.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { ServiceFixture } from './service-fixture.ts';
import type { WorkspaceFixture } from './workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { addChannel, listMessages } from '../../store/postgres/testing/alerts.ts';
import { addPipelineRun } from '../../store/postgres/testing/pipelines.ts';
import { alertKinds } from '../../domain/alerts/alert-kinds.ts';
import { createServiceFixture } from './service-fixture.ts';
import { createWorkspaceFixture } from './workspace-fixture.ts';
import { randomUUID } from 'node:crypto';
import { wholeWorkspace } from '../../domain/alerts/rule-scope.ts';

export type AlertFixture = Awaited<ReturnType<typeof createAlertFixture>>;

/** What the tests of a file use; each test has a workspace of its own. */
export interface AlertTest {
  fixture: ServiceFixture;
  context: WorkspaceFixture;
  alerts: AlertFixture;
}

/**
 * Opens the services for the tests of a file, and a workspace with these jobs for each test.
 * @param assign gets what the next test uses
 */
export function useAlerts(jobs: readonly JobDefinition[], assign: (opened: AlertTest) => void): void {
  let fixture: ServiceFixture;
  beforeAll(async () => {
    fixture = await createServiceFixture();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    fixture.clock.now = new Date();
    const context = await createWorkspaceFixture(fixture);
    const alerts = await createAlertFixture(fixture, context);
    await context.deployAll([...jobs]);
    assign({ fixture, context, alerts });
  });
}

interface LoadOptions {
  pipelineName?: string;
  outcome?: RunOutcome;
}

const exitCode: RunFailureReason = { code: 'exit_code', detail: 'It ended with 1.' };

/** Creates a channel in a workspace, and functions that cause what rules watch for. */
async function createAlertFixture(fixture: ServiceFixture, context: WorkspaceFixture) {
  const { database } = fixture;
  const { workspaceId, userId } = context;
  const channelId = await addChannel(database, workspaceId);
  const owner = { workspaceId, userId, isOwner: true };
  let pipelineRuns = 0;

  async function evaluate(): Promise<void> {
    while (await fixture.evaluateAlerts());
  }

  return {
    owner,
    channelId,
    evaluate,

    addRule: (kind: AlertKind, draft: Partial<AlertRuleDraft> = {}) =>
      fixture.alertRules.create(owner, {
        name: alertKinds[kind].label,
        kind,
        isEnabled: true,
        severity: undefined,
        scope: wholeWorkspace,
        conditions: {},
        channelIds: [channelId],
        reminderSeconds: null,
        quietHours: null,
        ...draft,
      }),

    /** Moves the clock of the services, which begins with the time of the database. */
    pass(seconds: number): void {
      fixture.clock.now = new Date(fixture.clock.now.getTime() + seconds * 1000);
    },

    /** Evaluates, and again after incidents were gathered. */
    async evaluateAndNotify(): Promise<void> {
      await evaluate();
      fixture.clock.now = new Date(fixture.clock.now.getTime() + 60_000);
      await evaluate();
    },

    async failRun(jobRef: string, failure = exitCode): Promise<string> {
      const run = await context.startRun(jobRef);
      await context.setRun(run.id, { status: 'running', startedAt: new Date() });
      await fixture.finishRun(run.id, { status: 'failed', failure });
      return run.id;
    },

    async succeedRun(jobRef: string): Promise<string> {
      const run = await context.startRun(jobRef);
      await context.setRun(run.id, { status: 'running', startedAt: new Date() });
      await fixture.finishRun(run.id, { status: 'completed' });
      return run.id;
    },

    /**
     * Records runs with a pipeline, one second after the other.
     * @param calls the rows of each run; of each of its calls if it is a list
     */
    async loadRows(
      jobRef: string,
      calls: readonly (number | readonly number[])[],
      { pipelineName = 'orders', outcome = { status: 'completed' } }: LoadOptions = {},
    ): Promise<void> {
      for (const rows of calls) {
        const run = await context.startRun(jobRef);
        const attempt = await context.createAttempt(run);
        for (const totalRowsLoaded of [rows].flat()) {
          pipelineRuns += 1;
          await addPipelineRun(database, {
            workspaceId,
            jobRunId: run.id,
            attemptId: attempt.id,
            transactionId: randomUUID(),
            pipelineName,
            status: 'succeeded',
            totalRowsLoaded,
            createdAt: new Date(Date.now() - 86_400_000 + pipelineRuns * 1000),
          });
        }
        await fixture.finishRun(run.id, outcome);
      }
    },

    /** Stores a pipeline run, with results of the checks of its attempt. */
    async storeChecks(jobRef: string, results: readonly CheckResult[]): Promise<void> {
      const run = await context.startRun(jobRef);
      const attempt = await context.createAttempt(run);
      await addPipelineRun(database, {
        workspaceId,
        jobRunId: run.id,
        attemptId: attempt.id,
        transactionId: randomUUID(),
        pipelineName: 'orders',
        status: 'succeeded',
      });
      await fixture.store.pipelineChecks.save({ workspaceId, jobRunId: run.id, attemptId: attempt.id }, [
        { pipelineName: 'orders', checks: { onFailure: 'mark', results: [...results] } },
      ]);
      await fixture.finishRun(run.id, { status: 'completed' });
    },

    /** Incidents, the open ones first, as `state title`. */
    async listIncidents(): Promise<string[]> {
      const page = await fixture.alertIncidents.list(
        owner,
        { isOpen: null, jobId: null, ruleId: null },
        { limit: 100, offset: 0 },
      );
      return page.items.map(({ title, resolvedAt }) => `${resolvedAt ? 'resolved' : 'open'}: ${title}`);
    },

    async getOnlyIncident() {
      const page = await fixture.alertIncidents.list(
        owner,
        { isOpen: null, jobId: null, ruleId: null },
        { limit: 2, offset: 0 },
      );
      const [incident, other] = page.items;
      if (!incident || other) throw new Error(`There is not one incident but ${page.items.length}`);
      return incident;
    },

    listMessages: () => listMessages(database, workspaceId),

    async listSent(): Promise<string[]> {
      return (await listMessages(database, workspaceId)).map(({ kind, title }) => `${kind}: ${title}`);
    },
  };
}
