import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import type { CheckedRun, StoredChecks } from './evaluate-checks.ts';
import {
  describeMissedChecks,
  evaluateChecks,
  listHistoryTables,
  listMissed,
  worstStatus,
} from './evaluate-checks.ts';
import { pipelineTable, toPipelineChecks } from './check-settings.ts';

const finishedAt = new Date('2026-03-10T12:00:00Z');

/** Null: dlt did not report them. */
const rowsOf = (rows: number | null) => ({ rows: rows ?? 0, isComplete: rows !== null });

const run = (keys: Partial<CheckedRun> = {}): CheckedRun => ({
  finishedAt,
  loadedRows: new Map([
    ['orders', rowsOf(10)],
    ['later', rowsOf(null)],
  ]),
  isPartial: false,
  seenTables: new Set(['other', 'x', 'y']),
  isCut: false,
  isFirst: false,
  hasSchemaMigration: false,
  lastLoads: new Map(),
  findColumn: (table, column) =>
    table === 'orders' ? ({ id: required, note: nullable, empty: untyped }[column] ?? null) : null,
  ...keys,
});
const required = { isNullable: false, hasType: true };
const nullable = { isNullable: true, hasType: true };
const untyped = { isNullable: true, hasType: false };

const read = (...expectations: object[]) => toPipelineChecks(pipelineTable.parse({ expect: expectations }));
const evaluate = (expectation: object, of = run()) => evaluateChecks(read(expectation), of).results[0];

describe('a check', () => {
  it.each([
    [{ table: 'orders', min_rows: 10 }, 'passed', 'orders: at least 10 rows', 'this run loaded 10 rows'],
    [{ table: 'orders', min_rows: 11 }, 'failed', 'orders: at least 11 rows', 'this run loaded 10 rows'],
    [{ table: 'orders', max_rows: 9 }, 'failed', 'orders: at most 9 rows', 'this run loaded 10 rows'],
    [
      { table: 'orders', min_rows: 1, max_rows: 10 },
      'passed',
      'orders: at least 1 row, at most 10 rows',
      'this run loaded 10 rows',
    ],
    [{ table: 'other', min_rows: 1 }, 'failed', 'other: at least 1 row', 'this run loaded 0 rows'],
    [{ table: 'other', max_rows: 5 }, 'passed', 'other: at most 5 rows', 'this run loaded 0 rows'],
    [
      { table: 'later', min_rows: 1 },
      'unknown',
      'later: at least 1 row',
      'dlt did not report the rows of this load',
    ],
    [
      { table: 'orders', column: 'id', no_nulls: true },
      'passed',
      'orders.id: no nulls',
      'the schema forbids nulls, and dlt refuses them',
    ],
    [
      { table: 'orders', column: 'note', no_nulls: true },
      'unknown',
      'orders.note: no nulls',
      'the schema allows nulls, and dlt does not report whether there are any',
    ],
    [
      { table: 'orders', column: 'empty', no_nulls: true },
      'failed',
      'orders.empty: no nulls',
      'it has no type: every value so far was null',
    ],
    [
      { table: 'orders', column: 'gone', no_nulls: true },
      'unknown',
      'orders.gone: no nulls',
      'the schema has no such column: dlt adds it with the first value that is not null',
    ],
    [{ schema: 'unchanged' }, 'passed', 'schema: unchanged', 'this run changed no table'],
  ])('%j', (expectation, status, check, detail) => {
    expect(evaluate(expectation)).toEqual({ check, status, detail });
  });

  it('of the schema allows the first run to create tables, and no later one to change them', () => {
    expect(evaluate({ schema: 'unchanged' }, run({ hasSchemaMigration: true }))).toMatchObject({
      status: 'failed',
    });
    expect(evaluate({ schema: 'unchanged' }, run({ hasSchemaMigration: true, isFirst: true }))).toMatchObject(
      { status: 'passed' },
    );
  });

  it('of freshness looks at this run, then at earlier ones', () => {
    const fresh = (table: string, minutesAgo: number | null, keys: Partial<CheckedRun> = {}) => {
      const at = new Date(finishedAt.getTime() - (minutesAgo ?? 0) * 60_000);
      const lastLoads = minutesAgo === null ? new Map<string, Date>() : new Map([[table, at]]);
      return evaluate({ table, fresh_within: '1h' }, run({ lastLoads, ...keys }));
    };
    expect(fresh('orders', null)).toMatchObject({ status: 'passed', check: 'orders: rows loaded within 1h' });
    expect(fresh('other', 60)).toMatchObject({ status: 'passed' });
    expect(fresh('other', 61)).toMatchObject({ status: 'failed' });
    expect(fresh('other', null)).toMatchObject({ status: 'failed' });
    expect(fresh('later', null)).toMatchObject({ status: 'unknown' });
    expect(fresh('other', null, { isCut: true })).toMatchObject({ status: 'unknown' });
  });

  it('is unknown without the schema, or without the table in a list that was cut', () => {
    expect(
      evaluate({ table: 'orders', column: 'id', no_nulls: true }, run({ findColumn: null })),
    ).toMatchObject({
      status: 'unknown',
    });
    const cut = evaluate({ table: 'missing', min_rows: 1 }, run({ isCut: true }));
    expect(cut).toEqual({
      check: 'missing: at least 1 row',
      status: 'unknown',
      detail: 'the run loaded more tables than are kept',
    });
  });

  it.each([
    { table: 'missing', min_rows: 1 },
    { table: 'missing', max_rows: 1 },
    { table: 'missing', fresh_within: '1h' },
    { table: 'missing', column: 'id', no_nulls: true },
  ])('of a table that neither the run nor the schema has was not seen: %j', (expectation) => {
    const result = evaluate(expectation);
    expect(result).toMatchObject({
      status: 'unknown',
      isUnseen: true,
      detail: expect.stringMatching(/^table missing not seen/) as string,
    });
    expect(result && listMissed([result])).toHaveLength(1);
  });

  it('decides by the rows that are reported as far as they suffice', () => {
    const loadedRows = new Map([['t', { rows: 5, isComplete: false }]]);
    const statusOf = (expectation: object, keys: Partial<CheckedRun>) =>
      evaluate({ table: 't', ...expectation }, run({ loadedRows, ...keys }))?.status;
    for (const keys of [{}, { isPartial: true, loadedRows: new Map([['t', rowsOf(5)]]) }]) {
      expect(statusOf({ min_rows: 5 }, keys)).toBe('passed');
      expect(statusOf({ min_rows: 6 }, keys)).toBe('unknown');
      expect(statusOf({ max_rows: 5 }, keys)).toBe('unknown');
      expect(statusOf({ max_rows: 4 }, keys)).toBe('failed');
    }
  });
});

describe('checks', () => {
  it('have limits that a run can meet', () => {
    const limits = (least: number, most: number) =>
      pipelineTable.safeParse({ expect: [{ table: 'orders', min_rows: least, max_rows: most }] }).success;
    expect([limits(2, 2), limits(0, 0), limits(2, 1)]).toEqual([true, true, false]);
  });

  it('look back as long as their longest freshness needs', () => {
    const checks = read(
      { table: 'a', fresh_within: '1h' },
      { table: 'a', fresh_within: '2h' },
      { table: 'b', min_rows: 1 },
    );
    expect(listHistoryTables(checks)).toEqual(new Map([['a', 7200]]));
  });

  it('are described by those that failed', () => {
    const stored = evaluateChecks(
      read({ table: 'orders', min_rows: 1 }, { table: 'x', min_rows: 1 }, { table: 'y', min_rows: 2 }),
      run(),
    );
    expect(describeMissedChecks('shop', stored)).toBe(
      'Checks of the pipeline shop failed: x: at least 1 row (this run loaded 0 rows); y: at least 2 rows (this run loaded 0 rows).',
    );
  });
});

const settings = { seed: propertySeed, numRuns: caseCount(300) };
const statuses = fc.constantFrom('failed' as const, 'unknown' as const, 'passed' as const);
const rows = fc.option(fc.nat(20), { nil: null });

describe('properties of checks', () => {
  it('the worst status is failed, then unknown, and passed only if all passed', () => {
    fc.assert(
      fc.property(fc.array(statuses, { minLength: 1 }), (all) => {
        const stored: StoredChecks = {
          onFailure: 'mark',
          results: all.map((status) => ({ check: 'c', status, detail: 'd' })),
        };
        const worst = worstStatus(stored);
        expect(worst === 'failed').toBe(all.includes('failed'));
        expect(worst === 'passed').toBe(all.every((status) => status === 'passed'));
      }),
      settings,
    );
  });

  it('rows pass exactly within their limits, and are unknown exactly if dlt did not report them', () => {
    fc.assert(
      fc.property(rows, fc.nat(20), fc.nat(20), (loaded, low, more) => {
        const high = low + more;
        const of = run({ loadedRows: new Map([['t', rowsOf(loaded)]]) });
        const result = evaluate({ table: 't', min_rows: low, max_rows: high }, of);
        const expected = loaded === null ? 'unknown' : loaded >= low && loaded <= high ? 'passed' : 'failed';
        expect(result?.status).toBe(expected);
      }),
      settings,
    );
  });

  it('a run with more rows never turns a minimum from passed to failed', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(20), (loaded, more, low) => {
        const at = (count: number) =>
          evaluate({ table: 't', min_rows: low }, run({ loadedRows: new Map([['t', rowsOf(count)]]) }))
            ?.status;
        if (at(loaded) === 'passed') expect(at(loaded + more)).toBe('passed');
      }),
      settings,
    );
  });
});
