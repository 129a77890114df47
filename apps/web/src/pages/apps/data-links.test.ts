import type { AppResponse } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { chooseDataApps, pathToData, writeDataCode } from './data-links.ts';

const table = {
  pipelineName: 'shop',
  datasetName: 'shop_data',
  tableName: 'orders & lines',
  destinationName: 'duckdb',
};

it('names pipeline, dataset and table in the query of an app', () => {
  expect(pathToData(table)).toBe('/?pipeline=shop&dataset=shop_data&table=orders+%26+lines');
  expect(pathToData({ ...table, tableName: null })).toBe('/?pipeline=shop&dataset=shop_data');
});

it('writes code that reads a table', () => {
  expect(writeDataCode(table)).toBe(`import dlt

dataset = dlt.attach("shop", destination="duckdb", dataset_name="shop_data").dataset()
dataset["orders & lines"].df()`);
});

it('writes code that lists the tables of a dataset on an unknown destination', () => {
  expect(writeDataCode({ ...table, tableName: null, destinationName: null })).toBe(`import dlt

dataset = dlt.attach("shop", dataset_name="shop_data").dataset()
dataset.tables`);
});

it('escapes quotes in names', () => {
  expect(writeDataCode({ ...table, tableName: 'a"b' })).toContain(String.raw`dataset["a\"b"].df()`);
});

it('chooses the dashboard and the active notebooks', () => {
  const app = (job_ref: string, category: string | null, is_archived = false) =>
    ({ job_ref, category, is_archived, interface: 'gui' }) as AppResponse;
  const dashboard = app('jobs.workspace.dashboard', 'dashboard');
  const notebook = app('jobs.notes', 'notebook');
  const apps = [app('jobs.old', 'notebook', true), notebook, dashboard, app('jobs.board', null)];
  expect(chooseDataApps(apps)).toEqual({ dashboard, notebooks: [notebook] });
});
