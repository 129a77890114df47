import { describe, expect, it } from 'vitest';
import type { LayeredGraph } from './layered-layout.ts';
import { layOutComponents } from './component-layout.ts';
import { layOutLayers } from './layered-layout.ts';

const size = { width: 200, height: 50 };

/** Chains of three nodes each, which share no edge. */
function makeChains(count: number): LayeredGraph {
  const chains = Array.from({ length: count }, (_, number) =>
    ['a', 'b', 'c'].map((name) => `${name}${number}`),
  );
  return {
    nodes: chains.flat().map((id) => ({ id, height: size.height })),
    nodeWidth: size.width,
    edges: chains.flatMap(([a = '', b = '', c = '']) => [
      { from: b, to: c },
      { from: a, to: b },
    ]),
    gap: { across: 60, down: 20 },
  };
}

describe('a layout of several components', () => {
  it('is that of dagre for one component', () => {
    expect(layOutComponents(makeChains(1))).toEqual(layOutLayers(makeChains(1)));
  });

  it('places them in columns without overlaps, wider than high', () => {
    const { corners, width, height } = layOutComponents(makeChains(30));
    expect(width).toBeGreaterThan(height);
    for (const [index, corner] of corners.entries()) {
      expect(corner.x + size.width).toBeLessThanOrEqual(width);
      expect(corner.y + size.height).toBeLessThanOrEqual(height);
      const overlaps = corners
        .slice(index + 1)
        .filter(({ x, y }) => Math.abs(x - corner.x) < size.width && Math.abs(y - corner.y) < size.height);
      expect(overlaps).toEqual([]);
    }
  });

  it('keeps corners and routes in the order of their nodes and edges', () => {
    const graph = makeChains(5);
    const { corners, routes } = layOutComponents(graph);
    for (const [number, { from }] of graph.edges.entries()) {
      const index = graph.nodes.findIndex(({ id }) => id === from);
      const corner = corners[index];
      expect(routes[number]?.[0]).toEqual({
        x: (corner?.x ?? 0) + size.width,
        y: (corner?.y ?? 0) + size.height / 2,
      });
    }
  });

  it('lays out a graph without nodes', () => {
    expect(layOutComponents(makeChains(0))).toEqual({ corners: [], routes: [], width: 0, height: 0 });
  });
});
