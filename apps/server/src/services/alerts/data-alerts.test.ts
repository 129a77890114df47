import type { AlertFixture } from '../testing/alert-fixture.ts';
import type { NewSchemaVersion } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { describe, expect, it } from 'vitest';
import { useAlerts } from '../testing/alert-fixture.ts';
import { addPipelineRun } from '../../store/postgres/testing/pipelines.ts';
import { defineJob } from '../testing/workspace-fixture.ts';
import { noteSchemaChanges } from '../pipelines/compare-schemas.ts';
import { wholeWorkspace } from '../../domain/alerts/rule-scope.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;

useAlerts(
  [
    defineJob('jobs.a', { execute: { concurrency: null } }),
    defineJob('jobs.clock', { triggers: ['every:1h'], execute: { concurrency: null } }),
  ],
  (opened) => ({ fixture, context, alerts } = opened),
);

describe('zero_rows', () => {
  it('opens where there used to be rows, and resolves with the next rows', async () => {
    await alerts.addRule('zero_rows');
    await alerts.loadRows('jobs.a', [100, 120, 110, 0]);
    await alerts.evaluateAndNotify();
    expect(await alerts.listIncidents()).toEqual(['open: orders loaded no rows, usually 110']);
    await alerts.loadRows('jobs.a', [90]);
    await alerts.evaluateAndNotify();
    expect(await alerts.listSent()).toEqual([
      'opened: orders loaded no rows, usually 110',
      'resolved: orders loaded no rows, usually 110',
    ]);
  });

  it.each([
    ['a pipeline that never loads rows', [0, 0, 0, 0, 0]],
    ['a short history', [100, 0]],
  ])('does not open for %s', async (_, rows) => {
    await alerts.addRule('zero_rows');
    await alerts.loadRows('jobs.a', rows);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
  });

  it('is narrowed to a pipeline', async () => {
    await alerts.addRule('zero_rows', { scope: { ...wholeWorkspace, pipelineNames: ['users'] } });
    await alerts.loadRows('jobs.a', [100, 100, 100, 0]);
    await alerts.loadRows('jobs.a', [100, 100, 100, 0], { pipelineName: 'users' });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: users loaded no rows, usually 100']);
  });
});

describe('rows of a run with several calls', () => {
  it('are summed: a second call without rows is no news, and only the sum is compared', async () => {
    await alerts.addRule('zero_rows');
    await alerts.addRule('row_count_off', { conditions: { minimumRuns: 3 } });
    const usual = Array.from({ length: 4 }, () => [500, 0]);
    await alerts.loadRows('jobs.a', [...usual, [250, 250, 0]]);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await alerts.loadRows('jobs.a', [[0, 0]]);
    await alerts.evaluate();
    expect((await alerts.listIncidents()).toSorted()).toEqual([
      'open: orders loaded 0 rows, far fewer than the usual 500',
      'open: orders loaded no rows, usually 500',
    ]);
  });

  it('are not compared if the code failed, and count for no baseline', async () => {
    await alerts.addRule('zero_rows');
    const failed = { status: 'failed', failure: { code: 'exit_code', detail: '' } } as const;
    await alerts.loadRows('jobs.a', [500, 500, 500]);
    await alerts.loadRows('jobs.a', [0, 0, 0, 0], { outcome: failed });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await alerts.loadRows('jobs.a', [0], {
      outcome: { status: 'failed', failure: { code: 'check_failed', detail: '' } },
    });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: orders loaded no rows, usually 500']);
  });

  it('are compared again when telemetry arrives after the end of the attempt', async () => {
    await alerts.addRule('zero_rows');
    await alerts.loadRows('jobs.a', [500, 500, 500, 0]);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: orders loaded no rows, usually 500']);
    const { id, jobRunId } = await fixture.database.one<{ id: string; jobRunId: string }>(
      `select attempt_id as id, job_run_id as "jobRunId" from pipeline_runs
        where workspace_id = $1 and total_rows_loaded = 0`,
      [context.workspaceId],
    );
    await addPipelineRun(fixture.database, {
      workspaceId: context.workspaceId,
      jobRunId,
      attemptId: id,
      transactionId: 'late',
      pipelineName: 'orders',
      status: 'succeeded',
      totalRowsLoaded: 500,
    });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['resolved: orders loaded no rows, usually 500']);
  });
});

describe('row_count_off', () => {
  it('opens far from the median of its history, and resolves with a usual number', async () => {
    await alerts.addRule('row_count_off');
    await alerts.loadRows('jobs.a', [1000, 1020, 990, 1005, 1010, 980, 995, 1000, 1015]);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await alerts.loadRows('jobs.a', [10]);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([
      'open: orders loaded 10 rows, far fewer than the usual 1,000',
    ]);
    await alerts.loadRows('jobs.a', [1001]);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({
      resolution: 'Run #11 loaded a usual number of rows.',
    });
  });
});

describe('check_failed', () => {
  const rows = { check: 'orders: at least 1 row', status: 'failed', detail: '0 rows' } as const;
  const passed = { ...rows, status: 'passed', detail: '7 rows' } as const;
  const unknown = { ...rows, status: 'unknown', detail: 'not reported' } as const;

  it('opens with a failed check, lasts over an unknown one, and resolves when all pass', async () => {
    await alerts.addRule('check_failed');
    await alerts.storeChecks('jobs.a', [passed]);
    await alerts.storeChecks('jobs.a', [passed, rows]);
    await alerts.storeChecks('jobs.a', [unknown]);
    await alerts.evaluateAndNotify();
    expect(await alerts.listIncidents()).toEqual(['open: Check of orders failed: orders: at least 1 row']);
    await alerts.storeChecks('jobs.a', [passed]);
    await alerts.evaluateAndNotify();
    expect(await alerts.listSent()).toEqual([
      'opened: Check of orders failed: orders: at least 1 row',
      'resolved: Check of orders failed: orders: at least 1 row',
    ]);
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'Run #4 passed its checks.' });
  });

  it('opens with a pipeline or a table that was not seen', async () => {
    await alerts.addRule('check_failed');
    await alerts.storeChecks('jobs.a', [passed, { ...unknown, isUnseen: true }]);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([
      'open: Check of orders is unknown: orders: at least 1 row',
    ]);
  });

  it('is told once, and resolves, if late telemetry changes the checks of an attempt that is closed', async () => {
    await alerts.addRule('check_failed');
    await alerts.storeChecks('jobs.a', [rows]);
    await alerts.evaluateAndNotify();
    const { attemptId, jobRunId } = await fixture.database.one<{ attemptId: string; jobRunId: string }>(
      `select attempt_id as "attemptId", job_run_id as "jobRunId" from pipeline_results where workspace_id = $1`,
      [context.workspaceId],
    );
    const attempt = { workspaceId: context.workspaceId, attemptId, jobRunId };
    const checkAgain = async (result: typeof rows | typeof passed, other = passed) => {
      const checks = { onFailure: 'mark' as const, results: [result, other] };
      await fixture.store.pipelineChecks.save(attempt, [{ pipelineName: 'orders', checks }]);
      await alerts.evaluateAndNotify();
    };
    await checkAgain(rows);
    await checkAgain(rows);
    expect(await alerts.listSent()).toEqual(['opened: Check of orders failed: orders: at least 1 row']);
    await checkAgain(passed);
    expect(await alerts.listSent()).toEqual([
      'opened: Check of orders failed: orders: at least 1 row',
      'resolved: Check of orders failed: orders: at least 1 row',
    ]);
  });

  it('says nothing of runs without checks', async () => {
    await alerts.addRule('check_failed');
    await alerts.loadRows('jobs.a', [1, 0]);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
  });
});

describe('schema_changed', () => {
  const column = (name: string, dataType = 'text') => [name, { name, data_type: dataType, nullable: true }];
  const documentWith = (...columns: ReturnType<typeof column>[]) => ({
    tables: { orders: { name: 'orders', columns: Object.fromEntries(columns) } },
  });

  async function storeVersion(version: number, document: object): Promise<void> {
    const run = await context.startRun('jobs.a');
    const stored: NewSchemaVersion = {
      workspaceId: context.workspaceId,
      pipelineName: 'orders',
      schemaName: 'shop',
      versionHash: `v${version}`,
      version,
      previousHashes: version === 1 ? [] : [`v${version - 1}`],
      destinationName: null,
      datasetName: null,
      document: { ...document },
      jobRunId: run.id,
    };
    await fixture.store.schemaVersions.insert(stored);
    await fixture.persistence.transaction((store) => noteSchemaChanges(store, stored));
    await context.complete(run);
  }

  it('reports each version that changed something, and not the first one', async () => {
    await alerts.addRule('schema_changed');
    await storeVersion(1, documentWith(column('id')));
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await storeVersion(2, documentWith(column('id'), column('note')));
    await alerts.evaluateAndNotify();
    expect(await alerts.listSent()).toEqual(['opened: Schema of orders changed: column orders.note added']);
  });

  it('reports only the chosen changes', async () => {
    await alerts.addRule('schema_changed', { conditions: { schemaChanges: ['data_type_changed'] } });
    await storeVersion(1, documentWith(column('id')));
    await storeVersion(2, documentWith(column('id'), column('note')));
    await storeVersion(3, documentWith(column('id', 'bigint'), column('note')));
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([
      'resolved: Schema of orders changed: type of column orders.id changed from text to bigint',
    ]);
  });

  it('reports a violated contract of a failed run', async () => {
    await alerts.addRule('schema_changed', { conditions: { schemaChanges: ['contract_violated'] } });
    const run = await context.startRun('jobs.a');
    await context.setRun(run.id, {
      status: 'running',
      startedAt: new Date(),
      reason: {
        kind: 'pipeline',
        summary: 'DataValidationError: a column is new',
        exceptionType: 'dlt.common.schema.exceptions.DataValidationError',
        message: 'Column note is new and the contract is frozen.',
        step: 'normalize',
        pipelineName: 'orders',
        table: 'orders',
        location: null,
      },
    });
    await fixture.database.execute(
      `update job_runs set status = 'failed', finished_at = now(), failure = '{"code":"exit_code","detail":""}' where id = $1`,
      [run.id],
    );
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['resolved: Schema contract of orders violated']);
  });
});

describe('freshness_missed', () => {
  it('opens when two starts were due since the last success, and resolves with the next success', async () => {
    await alerts.addRule('freshness_missed');
    await alerts.loadRows('jobs.clock', [5]);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({
      title: expect.stringMatching(/^orders is not fresh: it last succeeded 2\d hours ago$/) as string,
      resolvedAt: null,
    });
    await fixture.database.execute(
      'update pipeline_runs set created_at = now(), finished_at = now() where workspace_id = $1',
      [context.workspaceId],
    );
    alerts.pass(60);
    await alerts.evaluateAndNotify();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
  });

  it('does not open for a pipeline without a schedule', async () => {
    await alerts.addRule('freshness_missed');
    await alerts.loadRows('jobs.a', [5]);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
  });
});
