import type { AttemptPipelineRunRecord, JobRunRecord } from '../store/records.ts';
import type { LineageRun } from './run-events.ts';
import { describe, expect, it } from 'vitest';
import { buildRunEvents, lineageLimits } from './run-events.ts';
import { outputLimits, schemaVersionKey, type LoadedSchema } from './output-datasets.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 10, 12, 0, seconds));
const timeAt = (seconds: number) => at(seconds).toISOString();
const runId = '0b8f5e0a-3c44-4f2e-9f3d-8f1a2b3c4d5e';
const pipelineRunId = '1c8f5e0a-3c44-4f2e-9f3d-8f1a2b3c4d5e';
const workspaceId = '2d8f5e0a-3c44-4f2e-9f3d-8f1a2b3c4d5e';

const runOf = (changed: Partial<JobRunRecord> = {}) =>
  ({
    id: runId,
    workspaceId,
    number: 3,
    status: 'completed',
    profile: 'prod',
    triggerKind: 'schedule',
    deploymentId: 'd',
    intervalStart: null,
    intervalEnd: null,
    failure: null,
    reason: null,
    createdAt: at(0),
    startedAt: at(2),
    finishedAt: at(30),
    ...changed,
  }) as JobRunRecord;

const tableOf = (tableName: string, changed: object = {}) => ({
  tableName,
  schemaName: 'source',
  rowsLoaded: 7,
  bytesLoaded: 70,
  loadJobState: 'completed',
  writeDisposition: 'append',
  ...changed,
});

const pipelineRunOf = (changed: object = {}) =>
  ({
    id: pipelineRunId,
    attemptNumber: 1,
    facts: {
      pipelineName: 'shop',
      status: 'succeeded',
      startedAt: timeAt(5),
      finishedAt: timeAt(8),
      destinationType: 'dlt.destinations.duckdb',
      destinationName: 'warehouse',
      datasetName: 'shop_data',
      dltVersion: '1.31.0',
      errorCause: null,
      errorMessage: null,
      loadPackages: [{ schemaName: 'source', schemaHash: 'hash' }],
      tables: [tableOf('orders')],
      ...changed,
    },
  }) as unknown as AttemptPipelineRunRecord;

const schemasWith = (schema: Partial<LoadedSchema>) =>
  new Map([
    [
      schemaVersionKey('shop', 'source', 'hash'),
      { tables: [], addedTables: new Set<string>(), changedTables: new Set<string>(), ...schema },
    ],
  ]);

const build = (changed: Partial<LineageRun> = {}) =>
  buildRunEvents(
    {
      run: runOf(),
      jobRef: 'jobs.loads',
      description: null,
      workspaceName: 'Shop',
      pipelineRuns: [pipelineRunOf()],
      schemas: new Map(),
      ...changed,
    },
    'pumphouse',
  );

/** The outputs of the pipeline run's end. */
const outputsOf = (pipelineRun: AttemptPipelineRunRecord, schema: Partial<LoadedSchema> = {}) =>
  build({ pipelineRuns: [pipelineRun], schemas: schemasWith(schema) })[2]?.outputs ?? [];

describe('the events of a run', () => {
  it('are its start and end, and between them those of its pipelines', () => {
    const namespace = `pumphouse/${workspaceId}`;
    const events = build();
    expect(
      events.map(({ eventType, eventTime, job, run }) => [eventType, eventTime, job.name, run.runId]),
    ).toEqual([
      ['START', timeAt(2), 'jobs.loads', runId],
      ['START', timeAt(5), 'shop', pipelineRunId],
      ['COMPLETE', timeAt(8), 'shop', pipelineRunId],
      ['COMPLETE', timeAt(30), 'jobs.loads', runId],
    ]);
    const parent = { run: { runId }, job: { namespace, name: 'jobs.loads' } };
    expect(events[2]?.run.facets['parent']).toMatchObject({ ...parent, root: parent });
    expect(new Set(events.map(({ job }) => job.namespace))).toEqual(new Set([namespace]));
  });

  it.each([
    ['failed', 'FAIL'],
    ['cancelled', 'ABORT'],
  ] as const)('end a %s run with %s', (status, eventType) => {
    expect(build({ run: runOf({ status }), pipelineRuns: [] }).map((event) => event.eventType)).toEqual([
      'START',
      eventType,
    ]);
  });

  it('name the backfill whose window the run loads, and none for a usual run', () => {
    const tagsWith = (backfillId: string | null) =>
      build({ run: runOf({ backfillId }) }).map(({ run }) => run.facets['tags']?.['tags']);
    const tag = { key: 'backfill_id', value: 'b-1', source: 'PUMPHOUSE' };
    for (const tags of tagsWith('b-1')) expect(tags).toContainEqual(tag);
    for (const tags of tagsWith(null)) expect(JSON.stringify(tags)).not.toContain('backfill');
  });

  it('are none for a skipped start, and for a run that has not ended', () => {
    expect(build({ run: runOf({ status: 'skipped' }) })).toEqual([]);
    expect(build({ run: runOf({ status: 'running', finishedAt: null }) })).toEqual([]);
  });

  it('begin when the run was created if its code never started', () => {
    expect(build({ run: runOf({ startedAt: null }) })[0]?.eventTime).toBe(timeAt(0));
  });

  it('contain the interval and the message of the error', () => {
    const events = build({
      run: runOf({
        status: 'failed',
        intervalStart: at(0),
        intervalEnd: at(1),
        reason: { message: 'no answer' } as JobRunRecord['reason'],
      }),
      pipelineRuns: [
        pipelineRunOf({ status: 'failed', errorCause: 'RuntimeError: no answer', errorMessage: 'long' }),
      ],
    });
    const nominal = { nominalStartTime: timeAt(0), nominalEndTime: timeAt(1) };
    for (const { run } of events) expect(run.facets['nominalTime']).toMatchObject(nominal);
    expect(events.map(({ run }) => run.facets['errorMessage']?.['message'])).toEqual([
      undefined,
      undefined,
      'RuntimeError: no answer',
      'no answer',
    ]);
  });

  it('keep times that user code reports within the run', () => {
    const [, start, end] = build({
      pipelineRuns: [pipelineRunOf({ startedAt: '1970-01-01T00:00:00Z', finishedAt: 'soon' })],
    });
    expect([start?.eventTime, end?.eventTime]).toEqual([timeAt(2), timeAt(30)]);
  });

  it('are bounded', () => {
    const tables = Array.from({ length: outputLimits.tables + 1 }, (_, index) => tableOf(`table_${index}`));
    const columns = Array.from({ length: 100 }, (_, index) => ({ name: `c${index}`, dataType: 'text' }));
    const events = build({
      description: 'x'.repeat(10_000),
      pipelineRuns: Array.from({ length: lineageLimits.pipelineRuns + 1 }, () => pipelineRunOf({ tables })),
      schemas: schemasWith({ tables: tables.map(({ tableName }) => ({ name: tableName, columns })) }),
    });
    expect(events).toHaveLength(2 + 2 * lineageLimits.pipelineRuns);
    const { outputs } = events[2] ?? { outputs: [] };
    expect(outputs).toHaveLength(outputLimits.tables);
    const fields = outputs.flatMap(({ facets }) => facets['schema']?.['fields'] ?? []);
    expect(fields).toHaveLength(outputLimits.columns);
    expect(String(events[0]?.job.facets['documentation']?.['description'])).toHaveLength(
      lineageLimits.textLength,
    );
  });
});

describe('the tables that a pipeline run loaded', () => {
  it('are datasets with their columns and what was loaded', () => {
    const columns = [{ name: 'id', dataType: 'bigint' }];
    expect(outputsOf(pipelineRunOf(), { tables: [{ name: 'orders', columns }] })).toMatchObject([
      {
        namespace: `duckdb://pumphouse/${workspaceId}/prod/warehouse`,
        name: 'shop_data.orders',
        facets: { schema: { fields: [{ name: 'id', type: 'bigint', ordinal_position: 1 }] } },
        outputFacets: { outputStatistics: { rowCount: 7, size: 70 } },
      },
    ]);
  });

  it('leave out tables that were not loaded', () => {
    const tables = [tableOf('orders', { rowsLoaded: null, loadJobState: null })];
    expect(outputsOf(pipelineRunOf({ tables }))).toEqual([]);
  });

  it.each([
    [{ addedTables: new Set(['orders']), changedTables: new Set(['orders']) }, 'append', 'CREATE'],
    [{ changedTables: new Set(['orders']) }, 'replace', 'ALTER'],
    [{}, 'replace', 'OVERWRITE'],
    [{}, 'append', undefined],
  ])('tell what became of a table: %j, %s', (schema, writeDisposition, state) => {
    const [table] = outputsOf(pipelineRunOf({ tables: [tableOf('orders', { writeDisposition })] }), schema);
    expect(table?.facets['lifecycleStateChange']?.['lifecycleStateChange']).toBe(state);
  });
});
