import { describe, expect, it } from 'vitest';
import { createConsolePaths } from './incident-text.ts';
import { deriveFromPipelineResult, readTags, subjects } from './derive-occurrences.ts';
import { wholeWorkspace } from './rule-scope.ts';

const paths = createConsolePaths('w');
const rule = {
  id: 'rule',
  kind: 'zero_rows',
  severity: 'warning',
  scope: wholeWorkspace,
  conditions: {},
} as const;
const run = {
  jobId: 'job',
  jobRef: 'jobs.a',
  jobName: 'jobs.a',
  tags: null,
  pipelineNames: ['orders'],
  pipelineName: 'orders',
  datasetName: 'shop',
  rowsLoaded: 0,
  jobRunId: 'run',
  runNumber: 5,
  createdAt: new Date(0),
};

describe('deriveFromPipelineResult', () => {
  it('resolves an incident of a run that reported no dataset by rows in any dataset', () => {
    const empty = deriveFromPipelineResult([rule], { ...run, datasetName: null }, [2, 2, 2], paths);
    expect(empty.occurrences.map(({ subject }) => subject)).toEqual([subjects.pipeline('orders')]);
    const { resolutions } = deriveFromPipelineResult([rule], { ...run, rowsLoaded: 2 }, [2, 2, 2], paths);
    expect(resolutions.map(({ subject }) => subject)).toEqual([
      subjects.pipeline('orders', 'shop'),
      subjects.pipeline('orders'),
    ]);
  });
});

describe('readTags', () => {
  it.each([
    ['nightly', ['nightly']],
    [
      ['a', 'b', 3],
      ['a', 'b'],
    ],
    [null, []],
  ])('of %j', (tags, expected) => {
    expect(readTags(tags)).toEqual(expected);
  });
});
