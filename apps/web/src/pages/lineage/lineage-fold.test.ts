import { describe, expect, it } from 'vitest';
import { foldTags, isTag, listTags } from './lineage-fold.ts';
import { makeEdge, makeJobNode, makeNode } from './testing/make-lineage.ts';

const nodes = [
  makeJobNode('load', ['shop', 'nightly'], { is_failing: true }),
  makeJobNode('repair', ['nightly']),
  makeJobNode('report'),
  makeNode('pipeline', 'orders'),
  makeNode('pipeline', 'shared'),
  makeNode('dataset', 'shop_data'),
];
const edges = [
  makeEdge('job:jobs.load runs pipeline:orders'),
  makeEdge('job:jobs.load runs pipeline:shared'),
  makeEdge('job:jobs.report runs pipeline:shared'),
  makeEdge('pipeline:orders loads dataset:shop_data'),
  makeEdge('job:jobs.load fail job:jobs.repair'),
  makeEdge('job:jobs.load success job:jobs.report'),
  makeEdge('job:jobs.repair success job:jobs.report'),
];
const fold = (...tags: string[]) => foldTags({ nodes, edges }, tags);
const keys = (shown: ReturnType<typeof fold>) => shown.nodes.map(({ key }) => key);
const lines = (shown: ReturnType<typeof fold>) =>
  shown.edges.map(({ from, kind, to }) => `${from} ${kind} ${to}`);

describe('folded tags', () => {
  it('are none by default, and nothing changes', () => {
    expect(fold().nodes).toEqual(nodes);
    expect(fold().edges).toEqual(edges);
  });

  it('take the pipelines that only their jobs run, and lead on once for each kind', () => {
    const shown = fold('nightly');
    expect(keys(shown)).toEqual(['tag:nightly', 'job:jobs.report', 'pipeline:shared', 'dataset:shop_data']);
    expect(lines(shown)).toEqual([
      'tag:nightly runs pipeline:shared',
      'job:jobs.report runs pipeline:shared',
      'tag:nightly loads dataset:shop_data',
      'tag:nightly success job:jobs.report',
    ]);
    expect(shown.nodes.find(isTag)).toMatchObject({ jobCount: 2, failingCount: 1 });
  });

  it('have a job with several of them in the first', () => {
    expect(keys(fold('shop', 'nightly'))).toContain('tag:nightly');
    expect(fold('shop', 'nightly').shownKey('job:jobs.load')).toBe('tag:shop');
    expect(fold('nightly', 'shop').nodes.filter(isTag)).toHaveLength(1);
  });

  it('are listed once each, sorted', () => {
    expect(listTags({ nodes })).toEqual(['nightly', 'shop']);
  });
});
