import { expect, test } from 'vitest';
import { listCaptured, readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';
import { parseTrace } from './parse-trace.ts';
import type { PipelineRunDetails } from './pipeline-run-details.ts';
import { readField, readRecord, readRecords } from './tolerant-json.ts';

function parse(body: unknown): PipelineRunDetails {
  const parsed = parseTrace(body);
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  return parsed.details;
}

function listRows(details: PipelineRunDetails) {
  return details.tables.map((table) => [table.tableName, table.rowsExtracted, table.rowsLoaded]);
}

/** Copies a captured body so that the test can change it. */
function copyCaptured(name: string) {
  const body = readRecord(structuredClone(readCapturedBody(name)));
  const step = (wanted: string) => {
    const found = readRecords(body, 'steps').find((each) => each['step'] === wanted);
    if (!found) throw new Error(`no step ${wanted}`);
    return found;
  };
  const packagesOf = (wanted: string) =>
    readRecords(readRecord(readField(step(wanted), 'step_info')), 'load_packages');
  return { body, step, packagesOf };
}

test('every captured trace is parsed, with its outcome', () => {
  const outcomes = listCaptured('trace').map((name) => {
    const { status, errorStep, totalRowsExtracted, totalRowsLoaded } = parse(readCapturedBody(name));
    return [name, status, errorStep, totalRowsExtracted, totalRowsLoaded];
  });
  expect(outcomes).toEqual([
    ['fail_extract/001-trace', 'failed', 'extract', 0, 0],
    ['fail_load/002-trace', 'succeeded', null, 1, 1],
    ['fail_load/004-trace', 'failed', 'load', 1, 0],
    ['fail_normalize/001-trace', 'failed', 'normalize', 2, 0],
    ['ok/002-trace', 'succeeded', null, 7, 17],
    ['ok/005-trace', 'succeeded', null, 3, 3],
    ['ok/008-trace', 'succeeded', null, 7, 17],
    ['ok/010-trace', 'succeeded', null, 0, 0],
    ['ok/011-trace', 'failed', 'extract', 0, 0],
    ['ok/012-trace', 'failed', 'extract', 0, 0],
  ]);
});

test("a run with nested tables counts them from the normalize step and omits dlt's own tables", () => {
  const details = parse(readCapturedBody('ok/002-trace'));
  expect(details).toMatchObject({
    transactionId: '561ba821c7308fe355c4ffc8e3d1cad6',
    pipelineName: 'orders_pipeline',
    startedAt: '2026-11-24T22:32:42.707Z',
    finishedAt: '2026-11-24T22:32:43.961Z',
    durationMs: 1254,
    extractDurationMs: 64,
    normalizeDurationMs: 132,
    loadDurationMs: 792,
    destinationName: 'duckdb',
    destinationType: 'dlt.destinations.duckdb',
    datasetName: 'shop_data',
    sourceNames: ['shop'],
    totalBytesExtracted: 593,
    totalBytesLoaded: 1383,
    hasSchemaMigration: true,
    isEmptyRun: false,
    dltVersion: '1.31.0',
    pythonVersion: '3.11.7',
    osName: 'Linux',
  });
  expect(listRows(details)).toEqual([
    ['orders', 5, 5],
    ['customers', 2, 2],
    ['orders__lines', null, 10],
  ]);
  expect(details.tables.map((table) => table.writeDisposition)).toEqual(['merge', 'replace', 'merge']);
  expect(details.tables[0]).toMatchObject({
    schemaName: 'shop',
    bytesLoaded: 458,
    fileFormat: 'insert_values',
    loadJobState: 'completed',
    loadDurationMs: 161,
  });
  expect(details.loadPackages).toEqual([
    {
      loadId: '1795559562.9797091',
      schemaName: 'shop',
      schemaHash: 'AigsrhncieYnEmyW1oRyRdwqTRGByMI9r1J8W74u5A0=',
      loadStatus: 'loaded',
      jobCount: 5,
      completedJobCount: 5,
      failedJobCount: 0,
      totalRowsLoaded: 17,
      totalBytesLoaded: 1383,
      isPending: false,
      hasSchemaMigration: true,
      completedAt: '2026-11-24T22:32:43.951Z',
    },
  ]);
  expect(
    details.resources.map((each) => [each.resourceName, each.rowsExtracted, each.writeDisposition]),
  ).toEqual([
    ['orders', 5, 'merge'],
    ['customers', 2, 'replace'],
  ]);
  expect(details.steps.map((step) => [step.step, step.durationMs, step.failed])).toEqual([
    ['extract', 64, false],
    ['normalize', 132, false],
    ['load', 792, false],
  ]);
});

test('the dispositions of an unchanged schema come from the resource hints', () => {
  const details = parse(readCapturedBody('ok/008-trace'));
  expect(details.hasSchemaMigration).toBe(false);
  expect(details.tables.map((table) => [table.tableName, table.writeDisposition])).toEqual([
    ['orders', 'merge'],
    ['customers', 'replace'],
    ['orders__lines', 'merge'],
  ]);
});

test('a run without new data is empty, not failed, and has no dataset', () => {
  const details = parse(readCapturedBody('ok/010-trace'));
  expect(details).toMatchObject({
    status: 'succeeded',
    isEmptyRun: true,
    datasetName: null,
    destinationName: 'duckdb',
    sourceNames: ['events'],
    hasPendingPackages: false,
    tables: [],
    loadPackages: [],
  });
  expect(details.resources).toMatchObject([{ resourceName: 'events', rowsExtracted: 0 }]);
});

test('a failed extract names the step, the message and the cause, once', () => {
  const details = parse(readCapturedBody('fail_extract/001-trace'));
  expect(details.steps.map((step) => step.step)).toEqual(['extract']);
  expect(details.errorMessage).toBe(
    'Pipeline execution failed at `step=extract` when processing package with ' +
      "`load_id=1795559592.2993464` with exception:\n\n<class 'dlt.extract.exceptions.ResourceExtractionError'>\n" +
      'In processing pipe `bad_rows`: extraction of resource `bad_rows` in `generator` `bad_rows` caused an ' +
      'exception: upstream API said no',
  );
  expect(details.errorCause).toBe('RuntimeError: upstream API said no');
  expect(details.errorTraceback?.split('\n')[0]).toBe('Traceback (most recent call last):');
  expect(details.errorTraceback?.split('The above exception was the direct cause').length).toBe(3);
  expect(details).toMatchObject({ destinationName: null, datasetName: null, hasPendingPackages: false });
  expect(details.loadPackages).toMatchObject([{ loadStatus: 'new', jobCount: 0, isPending: false }]);
});

test('a failed normalize leaves its package pending', () => {
  const details = parse(readCapturedBody('fail_normalize/001-trace'));
  expect(details.errorCause).toContain('Contract on `data_type` with `contract_mode=freeze` is violated');
  expect(details.hasPendingPackages).toBe(true);
  expect(details.loadPackages).toMatchObject([{ loadStatus: 'extracted', jobCount: 2, isPending: true }]);
  expect(listRows(details)).toEqual([['bad_rows', 2, 0]]);
});

test('a failed load reports that its rows did not arrive', () => {
  const details = parse(readCapturedBody('fail_load/004-trace'));
  expect(details.errorCause).toBe(
    '_duckdb.ConstraintException: Constraint Error: CHECK constraint failed on table "t" with expression CHECK((x < 0))',
  );
  expect(listRows(details)).toEqual([['t', 1, 0]]);
  expect(details.tables).toMatchObject([{ loadJobState: 'failed', bytesLoaded: 0 }]);
  expect(details.loadPackages).toMatchObject([
    { loadStatus: 'normalized', jobCount: 1, completedJobCount: 0, failedJobCount: 1, isPending: true },
  ]);
  expect(details).toMatchObject({ hasFailedLoadJobs: true, datasetName: 'broken_data' });
});

test("in a package that loaded with one failed job, only that job's table has no rows", () => {
  const { body, packagesOf } = copyCaptured('ok/005-trace');
  for (const raw of packagesOf('load')) {
    for (const job of readRecords(raw, 'jobs')) {
      if (job['table_name'] === 'events') job['state'] = 'failed_jobs';
    }
  }
  const details = parse(body);
  expect(details.status).toBe('succeeded');
  expect(details).toMatchObject({ hasFailedLoadJobs: true, totalRowsExtracted: 3, totalRowsLoaded: 0 });
  expect(details.tables).toMatchObject([{ tableName: 'events', loadJobState: 'failed', rowsLoaded: 0 }]);
});

test('in a partially loaded package, a file counts unless a merge is still due', () => {
  const { body, packagesOf, step } = copyCaptured('ok/002-trace');
  for (const raw of packagesOf('load')) raw['state'] = 'normalized';
  step('load')['step_exception'] = 'the merge failed';
  const details = parse(body);
  expect(listRows(details)).toEqual([
    ['orders', 5, 0],
    ['customers', 2, 2],
    ['orders__lines', null, 0],
  ]);
});

test('a package that an earlier run normalized has an unknown number of rows', () => {
  const { body, step } = copyCaptured('ok/005-trace');
  body['steps'] = [step('load')];
  const details = parse(body);
  expect(listRows(details)).toEqual([['events', null, null]]);
  expect(details.loadPackages).toMatchObject([{ loadStatus: 'loaded', totalRowsLoaded: null }]);
  expect(details.isEmptyRun).toBe(false);
});

test('a package that an earlier run normalized has the rows that the bootstrap has counted', () => {
  const { body, step } = copyCaptured('ok/005-trace');
  const { load_id } = readRecords(readRecord(step('load')['step_info']), 'load_packages')[0] ?? {};
  const counts = { load_id, table_name: 'events', items_count: 5, file_size: 70 };
  body['steps'] = [{ ...step('load'), normalize_info: { table_metrics: [counts] } }];
  const details = parse(body);
  expect(listRows(details)).toEqual([['events', null, 5]]);
  expect(details).toMatchObject({
    totalRowsLoaded: 5,
    totalBytesLoaded: 70,
    loadPackages: [{ totalRowsLoaded: 5 }],
  });
  expect(details.steps.map(({ step: name }) => name)).toEqual(['load']);
});

test('a failure outside of all three steps belongs to the run', () => {
  const { body } = copyCaptured('fail_extract/001-trace');
  const steps = readRecords(body, 'steps').filter((step) => step['step'] === 'run');
  const details = parse({ ...body, steps });
  expect(details).toMatchObject({ status: 'failed', errorStep: 'run' });
});

test.each([
  ['null', null],
  ['an array', []],
  ['no transaction', { pipeline_name: 'p', steps: [] }],
  ['a number for a transaction', { transaction_id: 7, pipeline_name: 'p', steps: [] }],
  ['a key of 300 characters', { transaction_id: 'x'.repeat(300), pipeline_name: 'p', steps: [] }],
  ['no pipeline', { transaction_id: 't', steps: [] }],
  ['steps that are not a list', { transaction_id: 't', pipeline_name: 'p', steps: {} }],
])('%s is a malformed beacon', (_what, body) => {
  expect(parseTrace(body)).toMatchObject({ ok: false, problem: { code: 'malformed_beacon' } });
});

test('the three required keys are enough', () => {
  const details = parse({ transaction_id: 't', pipeline_name: 'p', steps: [] });
  expect(details).toMatchObject({ status: 'succeeded', startedAt: null, durationMs: null, tables: [] });
});
