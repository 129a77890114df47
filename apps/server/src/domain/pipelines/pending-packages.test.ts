import { expect, it } from 'vitest';
import { readPendingReport } from './pending-packages.ts';

const found = {
  pipeline: 'shop',
  load_id: '1795989114.5',
  schema: 'shop',
  step: 'normalized',
  tables: ['orders'],
  rows: { orders: 3, images: null },
  bytes: 10,
  jobs_left: 1,
  jobs_done: 2,
  tries: 3,
  created_at: 1795989114.5,
  attempt: '7087d3cb-cf8a-4b47-b8a0-2454cebe9410',
};

it('reads a report', () => {
  const event = { event: 'finished', pipeline: 'shop', load_id: '1' };
  const busy = [{ pipeline: 'shop', load_id: '2' }];
  expect(readPendingReport({ packages: [found], events: [event], busy, is_complete: true })).toEqual({
    packages: [
      {
        pipelineName: 'shop',
        loadId: '1795989114.5',
        schemaName: 'shop',
        step: 'normalized',
        tableNames: ['orders'],
        rowCounts: [
          { tableName: 'orders', rows: 3 },
          { tableName: 'images', rows: null },
        ],
        sizeBytes: 10,
        jobsLeft: 1,
        jobsDone: 2,
        tries: 3,
        createdAt: new Date(1795989114500),
        attemptId: '7087d3cb-cf8a-4b47-b8a0-2454cebe9410',
      },
    ],
    ended: [{ pipelineName: 'shop', loadId: '1', state: 'finished' }],
    busy: [{ pipelineName: 'shop', loadId: '2' }],
    isComplete: true,
    isStored: false,
  });
});

it('is bounded, whatever user code makes of the folder', () => {
  const tables = Array.from({ length: 100 }, (_, index) => `t${index}`);
  const many = Array.from({ length: 500 }, () => ({
    ...found,
    tables,
    pipeline: 'x'.repeat(5000),
    bytes: 1e300,
  }));
  const { packages } = readPendingReport({ packages: many });
  expect(packages).toHaveLength(200);
  expect(packages[0]).toMatchObject({ sizeBytes: Number.MAX_SAFE_INTEGER });
  expect(packages[0]?.tableNames).toHaveLength(30);
  expect(packages[0]?.pipelineName).toHaveLength(200);
});

it.each([null, [], 'text', [null], [7], [{ event: 'invented', pipeline: 'a', load_id: 'b' }]])(
  'leaves out what it does not know: %j',
  (value) => {
    expect(readPendingReport({ packages: value, events: value })).toEqual({
      packages: [],
      ended: [],
      busy: null,
      isComplete: false,
      isStored: false,
    });
  },
);
