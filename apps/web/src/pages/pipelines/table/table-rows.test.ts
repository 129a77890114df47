import type { TableColumn, TableLoad, TableWriter } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { chooseWriter, describeWriteMode, filterColumns, nameWriter, toLoadTrend } from './table-rows.ts';

const writer = (pipeline: string, schema: string, others: Partial<TableWriter> = {}) =>
  ({
    pipeline_name: pipeline,
    schema_name: schema,
    parent: null,
    write_disposition: null,
    merge_strategy: null,
    ...others,
  }) as TableWriter;

const column = (name: string, others: Partial<TableColumn> = {}) =>
  ({ name, data_type: 'text', is_dlt: false, ...others }) as TableColumn;

describe('the schema of a table page', () => {
  const writers = [writer('shop', 'shop'), writer('erp', 'sales'), writer('erp', 'stock')];

  it('is the one that the URL names, else the one that loaded last', () => {
    expect(chooseWriter(writers, {})).toBe(writers[0]);
    expect(chooseWriter(writers, { pipeline: 'erp' })).toBe(writers[1]);
    expect(chooseWriter(writers, { pipeline: 'erp', schema: 'stock' })).toBe(writers[2]);
    expect(chooseWriter(writers, { pipeline: 'gone' })).toBe(writers[0]);
    expect(chooseWriter([], {})).toBeUndefined();
  });

  it('is named by its pipeline, and by the schema if that differs', () => {
    expect(writers.map(nameWriter)).toEqual(['shop', 'erp (sales)', 'erp (stock)']);
  });

  it('tells how rows are written', () => {
    expect(describeWriteMode(writer('a', 'a', { write_disposition: 'append' }))).toBe('append');
    const merged = writer('a', 'a', { write_disposition: 'merge', merge_strategy: 'scd2' });
    expect(describeWriteMode(merged)).toBe('merge (scd2)');
    expect(describeWriteMode(writer('a', 'a', { parent: 'orders' }))).toBe('as orders');
    expect(describeWriteMode(writer('a', 'a'))).toBe('unknown');
  });
});

describe('the columns of a table', () => {
  const columns = [
    column('_dlt_id', { is_dlt: true }),
    column('id', { data_type: 'bigint' }),
    column('Name'),
  ];

  it('have the columns of dlt last', () => {
    expect(filterColumns(columns, undefined).map(({ name }) => name)).toEqual(['id', 'Name', '_dlt_id']);
  });

  it('are found by a part of the name, or by type', () => {
    expect(filterColumns(columns, 'nam').map(({ name }) => name)).toEqual(['Name']);
    expect(filterColumns(columns, 'bigint').map(({ name }) => name)).toEqual(['id']);
  });
});

it('the chart has the rows of each load, oldest first, with the run', () => {
  const load = (number: number, rows: number) =>
    ({
      loaded_at: `2026-11-2${number}T06:00:00Z`,
      rows_loaded: rows,
      job_run: { job_ref: 'jobs.shop.load', number },
    }) as TableLoad;
  const { points, series } = toLoadTrend([load(2, 20), load(1, 10)], new Date('2026-11-28T00:00:00Z'));
  expect(series[0]?.values).toEqual([10, 20]);
  expect(points[0]?.title).toMatch(/, shop\.load #1$/);
});
