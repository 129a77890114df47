import { describe, expect, it } from 'vitest';
import { listLoads } from './list-loads.ts';
import { makeEdge, makeJobNode, makeNode } from '../lineage/testing/make-lineage.ts';

describe('the loads of a job', () => {
  it('are its pipelines with their datasets, without those of a job that follows it', () => {
    const nodes = [
      makeJobNode('load'),
      makeNode('pipeline', 'stock'),
      makeNode('pipeline', 'shop'),
      makeNode('dataset', 'shop_data'),
      makeNode('dataset', 'archive'),
      makeJobNode('report'),
      makeNode('pipeline', 'daily'),
    ];
    const edges = [
      makeEdge('job:jobs.load runs pipeline:stock'),
      makeEdge('job:jobs.load runs pipeline:shop'),
      makeEdge('pipeline:shop loads dataset:shop_data'),
      makeEdge('pipeline:shop loads dataset:archive'),
      makeEdge('job:jobs.load success job:jobs.report'),
      makeEdge('job:jobs.report runs pipeline:daily'),
    ];
    expect(listLoads({ nodes, edges })).toEqual([
      { pipelineName: 'shop', datasetNames: ['archive', 'shop_data'] },
      { pipelineName: 'stock', datasetNames: [] },
    ]);
  });
});
