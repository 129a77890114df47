import { describe, expect, it } from 'vitest';
import { manifestBuildJobRef } from './manifest-build.ts';
import {
  choosePipelineChecks,
  chooseJobSettings,
  defaultJobSettings,
  listCheckedPipelines,
  readSettingsTable,
  type RunSettings,
} from './job-settings.ts';

function read(table: unknown) {
  const result = readSettingsTable(table);
  if (!result.ok) throw new Error(result.problems.join('; '));
  return result.table;
}

function problemsOf(table: unknown): string[] {
  const result = readSettingsTable(table);
  return result.ok ? [] : result.problems;
}

describe('job settings', () => {
  it('are the defaults if nothing is set', () => {
    expect(chooseJobSettings(null, 'prod', 'jobs.sales.load')).toEqual(defaultJobSettings);
    expect(chooseJobSettings({}, 'prod', 'jobs.load')).toEqual(defaultJobSettings);
  });

  it("prefer the job's table over the one for all jobs, and the profile's over the base", () => {
    const settings: RunSettings = {
      '': read({
        on_limit: 'queue',
        priority: 1,
        jobs: { sales: { load: { priority: 2 } }, lone: { priority: 3 } },
      }),
      prod: read({ priority: 4, catch_up: 'skip', jobs: { sales: { load: { start_deadline: '2h' } } } }),
      access: read({ jobs: { sales: { load: { priority: 9 } } } }),
    };
    expect(chooseJobSettings(settings, 'prod', 'jobs.sales.load')).toMatchObject({
      onLimit: 'queue',
      priority: 2,
      catchUp: 'skip',
      startDeadlineSeconds: 7200,
    });
    expect(chooseJobSettings(settings, 'prod', 'jobs.lone')).toMatchObject({ priority: 3 });
    expect(chooseJobSettings(settings, 'prod', manifestBuildJobRef)).toEqual(defaultJobSettings);
    expect(chooseJobSettings(settings, 'prod', 'jobs.sales.other')).toMatchObject({ priority: 4 });
    expect(chooseJobSettings(settings, 'access', 'jobs.sales.load')).toMatchObject({
      priority: 9,
      catchUp: 'one',
    });
  });

  it('give the starts of a schedule inputs, which are no section', () => {
    const settings = { '': read({ jobs: { load: { schedule_inputs: { days: 3, filter: { a: 1 } } } } }) };
    expect(chooseJobSettings(settings, 'prod', 'jobs.load').scheduleInputs).toEqual({
      days: 3,
      filter: { a: 1 },
    });
    expect(problemsOf({ schedule_inputs: {} })).toEqual([expect.stringContaining('schedule_inputs')]);
  });

  it('fill in missing keys of retries, also after they were stored', () => {
    const settings = { '': read({ jobs: { load: { retries: { count: 3, backoff: '1.5m' } } } }) };
    const stored = JSON.parse(JSON.stringify(settings)) as RunSettings;
    expect(chooseJobSettings(stored, 'prod', 'jobs.load').retries).toEqual({
      count: 3,
      backoffSeconds: 90,
      on: ['failed', 'timed_out', 'not_begun'],
    });
  });

  it.each([
    [{ on_limits: 'queue' }, /^pumphouse: .*on_limits/],
    [{ on_limit: 'wait' }, /^pumphouse\.on_limit: /],
    [{ jobs: { sales: { load: { catch_up: 'all' } } } }, /^pumphouse\.jobs\.sales\.load\.catch_up: /],
    [{ jobs: { load: { retries: { count: -1 } } } }, /^pumphouse\.jobs\.load\.retries\.count: /],
    [{ start_deadline: '3 weeks' }, /^pumphouse\.start_deadline: must be seconds or a text like/],
    [{ retries: { count: 1, on: ['always'] } }, /^pumphouse\.retries\.on\.0: /],
    ['queue', /^pumphouse: /],
    [{ exclusive: 'table' }, /^pumphouse\.exclusive: /],
    [{ jobs: { load: { on_held: 'skip' } } }, /^pumphouse\.jobs\.load\.on_held: /],
  ])('reject %j with its location', (table, text) => {
    expect(problemsOf(table)).toEqual([expect.stringMatching(text)]);
  });
});

describe('checks of pipelines', () => {
  const rowsOf = (table: string, count: number) => ({ expect: [{ table, min_rows: count }] });

  it("are those of the profile's table, else of the base, also after they were stored", () => {
    const settings: RunSettings = {
      '': read({ pipelines: { shop: { ...rowsOf('a', 1), on_failure: 'fail' }, other: rowsOf('b', 2) } }),
      prod: read({ pipelines: { shop: { expect: [{ table: 'c', fresh_within: '1d' }] } } }),
    };
    const stored = JSON.parse(JSON.stringify(settings)) as RunSettings;
    expect(choosePipelineChecks(stored, 'prod', 'shop')).toMatchObject({
      onFailure: 'mark',
      expect: [{ table: 'c', freshWithinSeconds: 86_400 }],
    });
    expect(choosePipelineChecks(stored, 'access', 'shop')).toMatchObject({
      onFailure: 'fail',
      expect: [{ table: 'a', minRows: 1, maxRows: null }],
    });
    expect(choosePipelineChecks(stored, 'prod', 'other')).toMatchObject({ expect: [{ table: 'b' }] });
    expect(choosePipelineChecks(stored, 'prod', 'toString')).toBeNull();
    expect(choosePipelineChecks(null, 'prod', 'shop')).toBeNull();
    expect(read({ on_limit: 'queue' })).toEqual({ on_limit: 'queue', jobs: {} });
  });

  it('lists the pipelines with checks of all profiles and of its own', () => {
    const of = (name: string) => read({ pipelines: { [name]: rowsOf('a', 1) } });
    const settings = { '': of('shop'), prod: of('orders'), access: of('other') };
    expect(listCheckedPipelines(settings, 'prod')).toEqual(['orders', 'shop']);
    expect(listCheckedPipelines(null, 'prod')).toEqual([]);
  });

  it.each([
    [{ expect: [] }, /^pumphouse\.pipelines\.shop\.expect: /],
    [{ expect: [{ table: 'a', rows: 1 }] }, /^pumphouse\.pipelines\.shop\.expect\.0: .*rows/],
    [{ expect: [{ table: 'a' }] }, /expect\.0: must have one rule/],
    [{ expect: [{ table: 'a', min_rows: 1, no_nulls: true }] }, /expect\.0: must have one rule/],
    [{ expect: [{ min_rows: 1 }] }, /expect\.0: must name a table/],
    [{ expect: [{ table: 'a', column: 'b', min_rows: 1 }] }, /expect\.0: rows are those of a table/],
    [{ expect: [{ table: 'a', no_nulls: true }] }, /expect\.0: no_nulls must name a column/],
    [{ expect: [{ table: 'a', column: 'b', fresh_within: '1d' }] }, /expect\.0: dlt reports no values/],
    [{ expect: [{ table: 'a', fresh_within: '90d' }] }, /expect\.0\.fresh_within: must be seconds or a text/],
    [{ expect: [{ schema: 'unchanged', table: 'a' }] }, /expect\.0: schema is about the whole pipeline/],
    [{ expect: [{ schema: 'frozen' }] }, /expect\.0\.schema: /],
    [{ expect: [{ table: 'a', min_rows: -1 }] }, /expect\.0\.min_rows: /],
    [{ expect: [{ table: 'a', min_rows: 1 }], on_failure: 'stop' }, /shop\.on_failure: /],
    [{ expects: [] }, /^pumphouse\.pipelines\.shop/],
  ])('reject %j with its location', (table, text) => {
    expect(problemsOf({ pipelines: { shop: table } })).toEqual(
      expect.arrayContaining([expect.stringMatching(text)]),
    );
  });
});
