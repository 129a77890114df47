import type { LineageScope, LineageSource } from './lineage-graph.ts';
import { describe, expect, it } from 'vitest';
import { buildLineage } from './build-lineage.ts';
import { parseLineageKey, tableKey } from './lineage-keys.ts';

function makeJob(name: string, others: Partial<LineageSource['jobs'][number]> = {}) {
  return {
    id: `id of ${name}`,
    jobRef: `jobs.${name}`,
    jobType: 'batch',
    isArchived: false,
    triggers: [],
    upstreamRefs: [],
    ...others,
  };
}
const run = (job: string, pipelineName: string, datasetName: string | null = null) => ({
  jobId: `id of ${job}`,
  pipelineName,
  datasetName,
});

/** `load` loads two datasets; `report` follows it, `watch` waits for `report`, `repair` runs on failure. */
const source: LineageSource = {
  jobs: [
    makeJob('load'),
    makeJob('report', { triggers: ['job.success:jobs.load'] }),
    makeJob('watch', { upstreamRefs: ['jobs.report'] }),
    makeJob('repair', { triggers: ['job.fail:jobs.load'] }),
    makeJob('alone'),
    makeJob('notebook', { jobType: 'interactive' }),
  ],
  runs: [
    run('load', 'shop', 'shop_data'),
    run('load', 'shop', 'archive'),
    run('report', 'daily', 'reports'),
    run('report', 'broken'),
  ],
  tables: [],
};
const everything: LineageScope = { around: null, direction: 'both', depth: null, limit: 100 };

function build(scope: Partial<LineageScope> = {}, from = source) {
  return buildLineage(from, { ...everything, ...scope });
}
const keys = (lineage: ReturnType<typeof build>) => lineage?.nodes.map(({ key }) => key);

describe('the lineage of a workspace', () => {
  it('leads from jobs over pipelines to datasets, and from job to job', () => {
    const lineage = build();
    expect(lineage?.edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`).toSorted()).toEqual([
      'job:jobs.load fail job:jobs.repair',
      'job:jobs.load runs pipeline:shop',
      'job:jobs.load success job:jobs.report',
      'job:jobs.report freshness job:jobs.watch',
      'job:jobs.report runs pipeline:broken',
      'job:jobs.report runs pipeline:daily',
      'pipeline:daily loads dataset:reports',
      'pipeline:shop loads dataset:archive',
      'pipeline:shop loads dataset:shop_data',
    ]);
    expect(lineage?.isTruncated).toBe(false);
  });

  it('counts jobs in service that are tied to nothing, except apps, instead of listing them', () => {
    const lineage = build();
    expect(lineage?.unconnectedJobCount).toBe(1);
    expect(keys(lineage)).not.toContain('job:jobs.alone');
  });

  it('keeps connected nodes together when it cuts at the limit', () => {
    const lineage = build({ limit: 2 }, { ...source, runs: [...source.runs, run('alone', 'a', 'a')] });
    expect(keys(lineage)).toEqual(['dataset:a', 'pipeline:a']);
    expect(lineage?.edges).toEqual([{ from: 'pipeline:a', to: 'dataset:a', kind: 'loads' }]);
    expect(lineage?.isTruncated).toBe(true);
  });

  it('has an archived job only if no job in service ran its pipeline, or one follows it', () => {
    const old = (name: string) => makeJob(name, { isArchived: true });
    const jobs = [...source.jobs, old('former'), old('replaced'), old('followed'), old('unused')];
    const follower = makeJob('follower', { triggers: ['job.success:jobs.followed'] });
    const runs = [...source.runs, run('former', 'legacy', 'legacy'), run('replaced', 'shop', 'shop_data')];
    const found = keys(build({}, { jobs: [...jobs, follower], runs, tables: [] }));
    expect(found).toEqual(expect.arrayContaining(['job:jobs.former', 'job:jobs.followed']));
    expect(found).not.toContain('job:jobs.replaced');
    expect(found).not.toContain('job:jobs.unused');
  });

  it('has the tables of the given datasets, each with the pipelines that write it', () => {
    const tables = [
      { datasetName: 'shop_data', pipelineName: 'shop', tableNames: ['orders', 'lines'] },
      { datasetName: 'shop_data', pipelineName: 'daily', tableNames: ['orders'] },
      { datasetName: 'elsewhere', pipelineName: 'daily', tableNames: ['ignored'] },
    ];
    const lineage = build({}, { ...source, tables });
    expect(lineage?.nodes.filter(({ kind }) => kind === 'table')).toEqual([
      expect.objectContaining({ name: 'orders', pipelineNames: ['shop', 'daily'] }),
      expect.objectContaining({ name: 'lines', pipelineNames: ['shop'] }),
    ]);
    expect(lineage?.edges.filter(({ kind }) => kind === 'contains')).toHaveLength(2);
  });
});

describe('the lineage around a node', () => {
  it('has what is up and down of it, nearest first, and not its siblings', () => {
    expect(keys(build({ around: 'job:jobs.report' }))).toEqual([
      'job:jobs.report',
      'job:jobs.watch',
      'pipeline:daily',
      'pipeline:broken',
      'job:jobs.load',
      'dataset:reports',
    ]);
  });

  it('ends at the given direction and depth', () => {
    const around = 'job:jobs.load';
    expect(keys(build({ around, direction: 'upstream' }))).toEqual([around]);
    expect(keys(build({ around, direction: 'downstream', depth: 1 }))?.toSorted()).toEqual([
      around,
      'job:jobs.repair',
      'job:jobs.report',
      'pipeline:shop',
    ]);
  });

  it('counts the followers of the loading job as downstream of data, but not jobs that start on failure', () => {
    const found = keys(build({ around: 'dataset:shop_data', direction: 'downstream' }));
    expect(found).toEqual([
      'dataset:shop_data',
      'job:jobs.report',
      'job:jobs.watch',
      'pipeline:daily',
      'pipeline:broken',
      'dataset:reports',
    ]);
  });

  it('has around a table only the pipelines that write it', () => {
    const runs = [...source.runs, run('report', 'daily', 'shop_data')];
    const tables = [{ datasetName: 'shop_data', pipelineName: 'shop', tableNames: ['orders'] }];
    const around = tableKey('shop_data', 'orders');
    const found = keys(build({ around, direction: 'upstream' }, { ...source, runs, tables }));
    expect(found).toEqual([around, 'dataset:shop_data', 'pipeline:shop', 'job:jobs.load']);
  });

  it('has a job that is tied to nothing, and is null for a node that does not exist', () => {
    expect(keys(build({ around: 'job:jobs.alone' }))).toEqual(['job:jobs.alone']);
    expect(build({ around: 'pipeline:none' })).toBeNull();
  });
});

describe('a key', () => {
  it.each([
    ['job:jobs.a', { kind: 'job', ref: 'jobs.a' }],
    ['pipeline:a:b', { kind: 'pipeline', name: 'a:b' }],
    ['dataset:a/b', { kind: 'dataset', name: 'a/b' }],
    [tableKey('a/b', 'c%.d'), { kind: 'table', datasetName: 'a/b', name: 'c%.d' }],
  ])('%s names a node', (key, name) => expect(parseLineageKey(key)).toEqual(name));

  it.each(['', 'job:', 'column:a', 'table:a', 'table:a/', 'table:a/b/c', 'table:%/b'])(
    '%s names none',
    (key) => expect(parseLineageKey(key)).toBeUndefined(),
  );
});
