import { describe, expect, it } from 'vitest';
import { cutToView, describeLineage, extendView, placeLineage } from './lineage-layout.ts';
import { foldTags } from './lineage-fold.ts';
import { highlightOf } from './lineage-highlight.ts';
import { layOutComponents } from '../../graph/component-layout.ts';
import { makeEdge, makeJobNode, makeNode } from './testing/make-lineage.ts';

const nodes = [
  makeJobNode('load', ['nightly']),
  makeNode('pipeline', 'orders'),
  makeNode('dataset', 'shop_data'),
  makeNode('dataset', 'apart'),
];
const edges = [
  makeEdge('job:jobs.load runs pipeline:orders'),
  makeEdge('pipeline:orders loads dataset:shop_data'),
];
const shown = foldTags({ nodes, edges }, []);
const layout = layOutComponents(describeLineage(shown));

describe('a placed lineage', () => {
  it('has each node and edge, from left to right', () => {
    const placed = placeLineage(shown, layout);
    expect(placed?.nodes.map(({ node }) => node.key)).toEqual(nodes.map(({ key }) => key));
    const [job, pipeline, dataset] = placed?.nodes ?? [];
    expect(job?.x).toBeLessThan(pipeline?.x ?? 0);
    expect(pipeline?.x).toBeLessThan(dataset?.x ?? 0);
    expect(placed?.edges.every(({ path }) => path.startsWith('M'))).toBe(true);
  });

  it('is null with the layout of another graph', () => {
    expect(placeLineage(foldTags({ nodes, edges }, ['nightly']), layout)).toBeNull();
  });

  it('is drawn only near the view', () => {
    const placed = placeLineage(shown, layout) ?? { nodes: [], edges: [], width: 0, height: 0 };
    const frame = { width: 800, height: 400 };
    expect(cutToView(placed, extendView({ x: 0, y: 0, scale: 1 }, frame)).nodes).toHaveLength(4);
    const far = cutToView(placed, extendView({ x: 9000, y: 9000, scale: 1 }, frame));
    expect(far).toEqual({ nodes: [], edges: [] });
  });

  it('has the same extended view while the view moves a little', () => {
    const at = (x: number) => extendView({ x, y: 10, scale: 1 }, { width: 500, height: 500 });
    expect(at(20)).toEqual(at(60));
    expect(at(20)).not.toEqual(at(700));
  });
});

describe('a selection', () => {
  const failure = {
    key: 'job:jobs.load',
    failed_at: null,
    affected: [{ key: 'dataset:shop_data', from: 'pipeline:orders', kind: 'loads' }],
    is_cut: false,
  };

  it('emphasizes what is affected by a failure, else the neighbours', () => {
    expect(highlightOf({ failures: [failure] }, shown, 'job:jobs.load')).toEqual({
      keys: new Set(['job:jobs.load', 'dataset:shop_data']),
    });
    expect(highlightOf({ failures: [failure] }, shown, 'pipeline:orders').keys).toEqual(
      new Set(['pipeline:orders', 'job:jobs.load', 'dataset:shop_data']),
    );
    expect(highlightOf({ failures: [] }, shown, undefined).keys.size).toBe(0);
  });

  it('of a folded tag stands for its members', () => {
    const folded = foldTags({ nodes, edges }, ['nightly']);
    expect(highlightOf({ failures: [failure] }, folded, 'tag:nightly').keys).toEqual(
      new Set(['tag:nightly', 'dataset:shop_data']),
    );
  });
});
