import { describe, expect, it } from 'vitest';
import { drawRoute } from './draw-route.ts';
import { layOutLayers, type LayeredGraph } from './layered-layout.ts';

const nodeWidth = 200;
const height = 50;

function graphOf(...pairs: [from: string, to: string][]): LayeredGraph {
  const ids = [...new Set(pairs.flat())];
  return {
    nodes: ids.map((id) => ({ id, height })),
    nodeWidth,
    edges: pairs.map(([from, to]) => ({ from, to })),
    gap: { across: 60, down: 20 },
  };
}

describe('a layered layout', () => {
  it('leads edges from side to side, and around the nodes of the layers between', () => {
    const { corners, routes } = layOutLayers(graphOf(['a', 'b'], ['b', 'c'], ['a', 'c']));
    const [a, b, c] = corners;
    if (!a || !b || !c) throw new Error('A node was not placed');
    for (const [route, from, to] of [
      [routes[0], a, b],
      [routes[1], b, c],
      [routes[2], a, c],
    ] as const) {
      expect(route?.[0]).toEqual({ x: from.x + nodeWidth, y: from.y + height / 2 });
      expect(route?.at(-1)).toEqual({ x: to.x, y: to.y + height / 2 });
    }
    const passing = routes[2]?.slice(1, -1) ?? [];
    expect(passing.map(({ x }) => x)).toEqual([b.x, b.x + nodeWidth]);
    for (const { y } of passing) expect(y < b.y || y > b.y + height).toBe(true);
  });

  it('leads an edge that closes a cycle back to the left', () => {
    const { corners, routes } = layOutLayers(graphOf(['a', 'b'], ['b', 'c'], ['c', 'a']));
    const back = routes.find((route) => (route[0]?.x ?? 0) > (route.at(-1)?.x ?? 0));
    const xs = corners.map(({ x }) => x);
    expect(back?.[0]?.x).toBe(Math.max(...xs));
    expect(back?.at(-1)?.x).toBe(Math.min(...xs) + nodeWidth);
  });
});

describe('the path of a route', () => {
  it('is one curve from point to point, without points nothing', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 60, y: 40 },
      { x: 260, y: 40 },
    ];
    expect(drawRoute(points)).toBe('M0 0C30 0 30 40 60 40C160 40 160 40 260 40');
    expect(drawRoute([])).toBe('');
  });
});
