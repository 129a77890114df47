import type { Point } from './layered-layout.ts';

export type Direction = 'left' | 'right' | 'up' | 'down';

/** The direction of each arrow key. */
export const arrowKeys: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

const axes: Record<Direction, readonly [along: number, across: number]> = {
  left: [-1, 0],
  right: [1, 0],
  up: [0, -1],
  down: [0, 1],
};

/**
 * The node that an arrow key selects: the nearest in that direction, with sideways distance counted double.
 * Undefined at the edge.
 */
export function findNeighbour<Node extends Point>(
  nodes: readonly Node[],
  current: Node,
  direction: Direction,
): Node | undefined {
  const [dx, dy] = axes[direction];
  const distances = nodes.flatMap((node) => {
    const [x, y] = [node.x - current.x, node.y - current.y];
    const along = x * dx + y * dy;
    if (along <= 0) return [];
    return [{ node, distance: along + 2 * Math.abs(x * dy + y * dx) }];
  });
  return distances.toSorted((left, right) => left.distance - right.distance)[0]?.node;
}
