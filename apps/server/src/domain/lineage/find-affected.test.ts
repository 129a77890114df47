import type { LineageEdge, LineageNode } from './lineage-graph.ts';
import type { LineageFailure } from './find-affected.ts';
import { describe, expect, it } from 'vitest';
import { findAffected } from './find-affected.ts';

const edge = (text: string): LineageEdge => {
  const [from = '', kind = '', to = ''] = text.split(' ');
  return { from, kind: kind as LineageEdge['kind'], to };
};

/** `load` runs two pipelines; `report` follows it, `watch` waits for `report`, `repair` starts on failure. */
const edges = [
  'job:load runs pipeline:shop',
  'job:load runs pipeline:stock',
  'pipeline:shop loads dataset:shop_data',
  'pipeline:stock loads dataset:shop_data',
  'dataset:shop_data contains table:orders',
  'dataset:shop_data contains table:levels',
  'job:load fail job:repair',
  'job:repair runs pipeline:fixes',
  'job:load success job:report',
  'job:report runs pipeline:daily',
  'pipeline:daily loads dataset:reports',
  'job:report freshness job:watch',
  'job:watch success job:load',
].map(edge);
const table = (name: string, ...pipelineNames: string[]): LineageNode => ({
  key: `table:${name}`,
  kind: 'table',
  datasetName: 'shop_data',
  name,
  pipelineNames,
});
const nodes = [table('orders', 'shop'), table('levels', 'stock')];
const failedAt = new Date('2026-11-01T03:00:00Z');
const failedJob: LineageFailure = { key: 'job:load', failedAt, jobKey: null };

function find(failure: LineageFailure, lastSuccessAt: [string, Date][] = [], limit = 100) {
  return findAffected(failure, { nodes, edges, lastSuccessAt: new Map(lastSuccessAt) }, limit);
}
const keysOf = ({ affected }: ReturnType<typeof find>) => affected.map(({ key }) => key);

describe('what is affected by a failed job', () => {
  it('is what it loads, what starts on its success or waits for that, and on; a cycle ends', () => {
    expect(keysOf(find(failedJob))).toEqual([
      'pipeline:shop',
      'pipeline:stock',
      'job:report',
      'dataset:shop_data',
      'pipeline:daily',
      'job:watch',
      'dataset:reports',
      'table:orders',
      'table:levels',
    ]);
  });

  it('tells the edge over which each node is reached', () => {
    const { affected } = find(failedJob);
    expect(affected.find(({ key }) => key === 'job:watch')).toEqual({
      key: 'job:watch',
      from: 'job:report',
      kind: 'freshness',
    });
  });

  it('leaves out a pipeline that succeeded since, and the tables that only it writes', () => {
    const found = keysOf(find(failedJob, [['pipeline:stock', new Date('2026-11-01T03:01:00Z')]]));
    expect(found).toContain('table:orders');
    expect(found).not.toContain('pipeline:stock');
    expect(found).not.toContain('table:levels');
  });

  it('keeps a pipeline whose last success is from before', () => {
    const before: [string, Date][] = [['pipeline:stock', new Date('2026-10-31T03:00:00Z')]];
    expect(keysOf(find(failedJob, before))).toContain('pipeline:stock');
  });

  it('is cut at the limit, nearest first', () => {
    const { affected, isCut } = find(failedJob, [], 2);
    expect(affected.map(({ key }) => key)).toEqual(['pipeline:shop', 'pipeline:stock']);
    expect(isCut).toBe(true);
  });
});

describe('what is affected by a failed pipeline', () => {
  const failed: LineageFailure = { key: 'pipeline:shop', failedAt, jobKey: 'job:load' };

  it('is its dataset, the tables that it writes, and what follows its job, but no other pipeline of it', () => {
    expect(keysOf(find(failed))).toEqual([
      'dataset:shop_data',
      'job:report',
      'pipeline:daily',
      'job:watch',
      'dataset:reports',
      'table:orders',
    ]);
  });
});
