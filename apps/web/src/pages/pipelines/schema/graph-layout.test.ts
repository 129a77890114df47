import { describe, expect, it } from 'vitest';
import { describeSchema, nodeWidth, placeTables } from './graph-layout.ts';
import { findNeighbour } from '../../../graph/find-neighbour.ts';
import { layOutLayers } from '../../../graph/layered-layout.ts';
import { makeColumn } from './testing/make-column.ts';
import type { MergedColumn, MergedTable } from './merged-schema.ts';

const column = (name: string, more: Partial<MergedColumn> = {}): MergedColumn => ({
  ...makeColumn(name),
  mark: null,
  changes: [],
  ...more,
});

const table = (name: string, columns: MergedColumn[] = [column('id')]): MergedTable => ({
  name,
  parent: null,
  resource: null,
  write_disposition: null,
  merge_strategy: null,
  description: null,
  mark: null,
  changes: [],
  columns,
  dltColumns: [],
});

const reference = (from: string, to: string, kind = 'reference') => ({
  kind,
  table: from,
  columns: ['a'],
  referenced_table: to,
  referenced_columns: ['b'],
  label: null,
  cardinality: null,
});

function layOutSchema(tables: MergedTable[], references: ReturnType<typeof reference>[]) {
  const parts = describeSchema(tables, references);
  return placeTables(parts, layOutLayers(parts.graph));
}

function layOut(names: readonly string[], references: ReturnType<typeof reference>[] = []) {
  const layout = layOutSchema(
    names.map((name) => table(name)),
    references,
  );
  const at = (name: string) => {
    const node = layout.nodes.find((each) => each.table.name === name);
    if (!node) throw new Error(`${name} is not in the graph`);
    return node;
  };
  return { ...layout, at };
}

describe('the layout of a schema', () => {
  it('places a table right of all tables that it references', () => {
    const { at } = layOut(
      ['lines', 'orders', 'customers'],
      [reference('lines', 'orders', 'parent'), reference('orders', 'customers')],
    );
    expect(at('customers').x).toBeLessThan(at('orders').x);
    expect(at('orders').x).toBeLessThan(at('lines').x);
  });

  it('never overlaps tables', () => {
    const names = Array.from({ length: 40 }, (_, index) => `t${index}`);
    const links = names.flatMap((name, index) =>
      index % 3 === 0 ? [] : [reference(name, `t${(index * 7) % 40}`)],
    );
    const { nodes, width, height } = layOut(names, links);
    for (const one of nodes) {
      const isInside = one.x >= 0 && one.y >= 0 && one.x + nodeWidth <= width && one.y + one.height <= height;
      expect(isInside).toBe(true);
      for (const other of nodes) {
        if (one === other) continue;
        const isIsolated =
          one.x + nodeWidth <= other.x ||
          other.x + nodeWidth <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y;
        expect(isIsolated, `${one.table.name} and ${other.table.name}`).toBe(true);
      }
    }
  });

  it('terminates for cycles, self-references and missing tables', () => {
    const { nodes, edges } = layOut(
      ['a', 'b'],
      [reference('a', 'b'), reference('b', 'a'), reference('a', 'a'), reference('a', 'gone')],
    );
    expect(nodes).toHaveLength(2);
    expect(edges).toHaveLength(2);
  });

  it('omits the edge to the root, since the parents lead there', () => {
    const { edges } = layOut(['a', 'b'], [reference('a', 'b', 'parent'), reference('a', 'b', 'root')]);
    expect(edges.map(({ kind, label }) => [kind, label])).toEqual([['parent', 'a.a → b.b']]);
  });

  it('shows changed columns and keys of a wide table, and counts the others', () => {
    const columns = [
      ...Array.from({ length: 12 }, (_, index) => column(`c${index}`)),
      column('id', { primary_key: true }),
      column('new', { mark: 'added' }),
    ];
    const [node] = layOutSchema([table('wide', columns)], []).nodes;
    expect(node?.rows.map(({ name }) => name)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'id', 'new']);
    expect(node?.hiddenCount).toBe(6);
  });
});

describe('arrow keys', () => {
  it('move to the nearest table in their direction, and nowhere at the edge', () => {
    const { nodes, at } = layOut(['lines', 'orders', 'alone'], [reference('lines', 'orders', 'parent')]);
    expect(findNeighbour(nodes, at('orders'), 'right')).toBe(at('lines'));
    expect(findNeighbour(nodes, at('lines'), 'left')).toBe(at('orders'));
    expect(findNeighbour(nodes, at('orders'), 'down')).toBe(at('alone'));
    expect(findNeighbour(nodes, at('orders'), 'up')).toBeUndefined();
  });
});
