import { describe, expect, it } from 'vitest';
import { findTypedJob, listDataEntries, listRunEntries, readRunNumber } from './searched-entries.ts';

describe('the number of a run in the input', () => {
  it.each([
    ['#90', { number: 90, name: '' }],
    ['90', { number: 90, name: '' }],
    ['Stripe_Payments #90', { number: 90, name: 'stripe_payments' }],
    ['stripe payments 90', { number: 90, name: 'stripe payments' }],
    ['orders_2024', null],
    ['orders', null],
    ['#', null],
    ['99999999999', null],
    ['9999999999', null],
  ])('is read from %s', (typed, run) => {
    expect(readRunNumber(typed)).toEqual(run);
  });

  it('belongs to the job that has the name, if only one has it', () => {
    const jobs = ['shop', 'shop_orders', 'charges'].map((name) => ({
      id: name,
      name: `jobs.${name}`,
      ref: `jobs.${name}`,
    }));
    const find = (name: string) => findTypedJob(jobs, { number: 1, name });
    expect(['shop', 'char', 'sho', 'none', ''].map(find)).toEqual([
      'shop',
      'charges',
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('selects runs with this number of jobs with this name', () => {
    const run = (job: string, number: number) => ({
      id: `${job} ${number}`,
      number,
      status: 'failed',
      job_name: `jobs.${job}`,
      job_ref: `jobs.${job}`,
    });
    const runs = [run('shop', 90), run('job_90', 4), run('charges', 90)];
    const texts = (name: string) =>
      listRunEntries(runs, { number: 90, name }, 'w').map(({ text, aside }) => `${text} ${aside}`);
    expect(texts('')).toEqual(['shop #90 failed', 'charges #90 failed']);
    expect(texts('char')).toEqual(['charges #90 failed']);
  });
});

it('found names lead to the page of the dataset or the table, with the column', () => {
  const at = { dataset_name: 'shop_data', pipeline_name: 'shop' };
  const entries = listDataEntries(
    [
      { kind: 'dataset', ...at, table_name: null, column_name: null },
      { kind: 'table', ...at, table_name: 'orders', column_name: null },
      { kind: 'column', ...at, table_name: 'orders', column_name: 'amount' },
    ],
    'w',
  );
  expect(entries.map(({ group, text, aside }) => [group, text, aside])).toEqual([
    ['Datasets', 'shop_data', undefined],
    ['Tables', 'orders', 'shop_data'],
    ['Columns', 'amount', 'shop_data.orders'],
  ]);
  expect(entries[2]?.does).toMatchObject({
    link: {
      params: { workspaceId: 'w', datasetName: 'shop_data', tableName: 'orders' },
      search: { column: 'amount', pipeline: 'shop' },
    },
  });
});
