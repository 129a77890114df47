import type { SchemaChange } from '@pumphouse/contract';
import type {
  ColumnHint,
  SchemaColumnShape,
  SchemaShape,
  SchemaTableShape,
  TableHint,
} from './schema-shape.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { compareSchemas, describeNewSchema, listChangedTables } from './schema-difference.ts';
import { columnHints, formatDataType, listEdges, tableHints } from './schema-shape.ts';

function column(name: string, changes: Partial<SchemaColumnShape> = {}): SchemaColumnShape {
  return {
    name,
    dataType: 'text',
    precision: null,
    scale: null,
    isNullable: true,
    hints: {},
    variantOf: null,
    isDlt: false,
    description: null,
    ...changes,
  };
}

function table(name: string, columns: SchemaColumnShape[], changes: Partial<SchemaTableShape> = {}) {
  return { name, hints: {}, references: [], description: null, columns, ...changes };
}

const schema = (...tables: SchemaTableShape[]): SchemaShape => ({ tables });
const describeAll = ({ changes }: { changes: readonly SchemaChange[] }) =>
  changes.map(({ kind, table: of, column: name, hint, before, after }) =>
    [kind, [of, name, hint].filter((each) => each !== null).join('.'), before, after].join(' | '),
  );

describe('compareSchemas', () => {
  it('reports what readers of the data must know, most important first', () => {
    const before = schema(
      table('orders', [
        column('id', { dataType: 'bigint', isNullable: false, hints: { primary_key: 'yes' } }),
        column('amount', { dataType: 'decimal', precision: 38, scale: 9 }),
        column('note'),
        column('gone'),
      ]),
      table('old', [column('a'), column('_dlt_id', { isDlt: true })]),
    );
    const after = schema(
      table(
        'orders',
        [
          column('id', { dataType: 'bigint', hints: { merge_key: 'yes' } }),
          column('amount', { dataType: 'double' }),
          column('note'),
          column('discount_code'),
          column('note__v_json', { dataType: 'json', variantOf: 'note' }),
        ],
        {
          hints: { write_disposition: 'merge' },
          references: [
            {
              columns: ['customer_id'],
              referencedTable: 'customers',
              referencedColumns: ['id'],
              label: null,
              cardinality: null,
            },
          ],
        },
      ),
      table('customers', [column('id'), column('name'), column('_dlt_id', { isDlt: true })]),
    );
    const difference = compareSchemas(before, after);
    expect(describeAll(difference)).toEqual([
      'type_conflict | orders.note__v_json | text | json',
      'table_added | customers |  | 2 columns',
      'table_removed | old | 1 column | ',
      'column_added | orders.discount_code |  | text',
      'column_removed | orders.gone | text | ',
      'data_type_changed | orders.amount | decimal(38,9) | double',
      'nullable_changed | orders.id | not null | nullable',
      'hint_changed | orders.id.primary_key | yes | ',
      'hint_changed | orders.id.merge_key |  | yes',
      'table_hint_changed | orders.write_disposition |  | merge',
      'table_hint_changed | orders.references |  | customer_id → customers(id)',
    ]);
    expect(difference.counts).toEqual({
      tables_added: 1,
      tables_removed: 1,
      columns_added: 2,
      columns_removed: 1,
      columns_changed: 6,
      type_conflicts: 1,
    });
    expect(listChangedTables(difference.changes)).toEqual(['orders', 'customers', 'old']);
  });

  it('truncates texts too long for a list', () => {
    const long = table('orders', [column('id')], { hints: { resource: 'r'.repeat(5000) } });
    const [change] = compareSchemas(schema(table('orders', [column('id')])), schema(long)).changes;
    expect(change?.after).toHaveLength(300);
  });
});

it('summarizes a first version', () => {
  const first = schema(
    table('orders', [column('id'), column('_dlt_id', { isDlt: true })]),
    table('orders__lines', [column('sku')]),
  );
  expect(describeAll(describeNewSchema(first))).toEqual(['schema_created |  |  | 2 tables, 2 columns']);
  expect(describeNewSchema(first).counts).toMatchObject({ tables_added: 2, columns_added: 0 });
});

describe('listEdges', () => {
  const keyed = (name: string, parent?: string) =>
    table(
      name,
      [
        column('_dlt_id', { isDlt: true, hints: { row_key: 'yes' } }),
        column('_dlt_parent_id', { isDlt: true, hints: { parent_key: 'yes' } }),
        column('_dlt_root_id', { isDlt: true, hints: { root_key: 'yes' } }),
      ],
      parent === undefined ? {} : { hints: { parent } },
    );

  it('joins nested tables to their parent, and to the root if it is a different table', () => {
    const edges = listEdges(schema(keyed('a'), keyed('a__b', 'a'), keyed('a__b__c', 'a__b')));
    expect(
      edges.map(({ kind, table: of, columns, referencedTable, referencedColumns }) => [
        kind,
        `${of}(${columns.join()})`,
        `${referencedTable}(${referencedColumns.join()})`,
      ]),
    ).toEqual([
      ['parent', 'a__b(_dlt_parent_id)', 'a(_dlt_id)'],
      ['parent', 'a__b__c(_dlt_parent_id)', 'a__b(_dlt_id)'],
      ['root', 'a__b__c(_dlt_root_id)', 'a(_dlt_id)'],
    ]);
  });

  it("terminates if tables are each other's parents, and omits missing parents", () => {
    const edges = listEdges(schema(keyed('a', 'b'), keyed('b', 'a'), keyed('c', 'nowhere')));
    expect(edges.map(({ kind, table: of, referencedTable }) => [kind, of, referencedTable])).toEqual([
      ['parent', 'a', 'b'],
      ['parent', 'b', 'a'],
    ]);
  });
});

/*
 * Property tests. A schema is compared as a map of texts that describe tables and columns, without their
 * descriptions.
 */
type Details = Map<string, string>;

const typeFact = 'type';
const nullableFact = 'nullable';

function detailsOf(shape: SchemaShape): Map<string, Map<string | null, Details>> {
  return new Map(
    shape.tables.map(({ name, hints, columns }) => [
      name,
      new Map<string | null, Details>([
        [null, new Map(Object.entries(hints))],
        ...columns.map((each): [string, Details] => [
          each.name,
          new Map([
            [typeFact, formatDataType(each)],
            [nullableFact, each.isNullable ? 'nullable' : 'not null'],
            ...Object.entries(each.hints),
          ]),
        ]),
      ]),
    ]),
  );
}

/** Applies the changes to a schema; for a new table or column the content is taken from `target`. */
function apply(before: SchemaShape, changes: readonly SchemaChange[], target: SchemaShape) {
  const [made, wanted] = [detailsOf(before), detailsOf(target)];
  for (const { kind, table: name, column: of, hint, before: was, after: is } of changes) {
    const [tableName, columns] = [name ?? '', made.get(name ?? '')];
    const input = columns?.get(of);
    const fact =
      { data_type_changed: typeFact, nullable_changed: nullableFact }[kind as string] ?? hint ?? '';
    if (kind === 'table_added') {
      expect(columns).toBeUndefined();
      made.set(tableName, wanted.get(tableName) ?? new Map());
    } else if (kind === 'table_removed') {
      expect(made.delete(tableName)).toBe(true);
    } else if (kind === 'column_added' || kind === 'type_conflict') {
      expect([input, wanted.get(tableName)?.get(of)?.get(typeFact)]).toEqual([undefined, is]);
      columns?.set(of, wanted.get(tableName)?.get(of) ?? new Map());
    } else if (kind === 'column_removed') {
      expect(input?.get(typeFact)).toBe(was);
      columns?.delete(of);
    } else {
      expect(input?.get(fact) ?? null).toBe(was);
      if (is === null) input?.delete(fact);
      else input?.set(fact, is);
    }
  }
  return made;
}

const hintsOf = <Hint extends TableHint | ColumnHint>(hints: readonly Hint[]) =>
  fc.dictionary(fc.constantFrom(...hints), fc.constantFrom('yes', 'a', 'b'), { maxKeys: 3 }) as fc.Arbitrary<
    Partial<Record<Hint, string>>
  >;
// Few names, so that two schemas share tables and columns, including names that every object has.
const names = fc.constantFrom('a', 'b', 'c', 'constructor', 'hasOwnProperty', '__proto__');
const someColumns = fc.uniqueArray(
  fc.record({
    name: names,
    dataType: fc.constantFrom('text', 'bigint', 'json'),
    precision: fc.constantFrom(null, 10, 38),
    scale: fc.constantFrom(null, 2),
    isNullable: fc.boolean(),
    hints: hintsOf(columnHints),
    variantOf: fc.option(names),
    isDlt: fc.constant(false),
    description: fc.option(fc.string()),
  }),
  { selector: ({ name }) => name, maxLength: 5 },
);
const someSchema: fc.Arbitrary<SchemaShape> = fc.record({
  tables: fc.uniqueArray(
    fc.record({
      name: names,
      hints: hintsOf(tableHints),
      references: fc.constant([]),
      description: fc.option(fc.string()),
      columns: someColumns,
    }),
    { selector: ({ name }) => name, maxLength: 4 },
  ),
});

describe('for any schemas', () => {
  const options = { seed: propertySeed };

  it('a schema has no changes against itself, in any order', () => {
    fc.assert(
      fc.property(someSchema, (any) => {
        const turned = {
          tables: any.tables.toReversed().map((each) => ({ ...each, columns: each.columns.toReversed() })),
        };
        expect(compareSchemas(any, turned).changes).toEqual([]);
      }),
      options,
    );
  });

  it('applying the changes to the first gives the second', () => {
    fc.assert(
      fc.property(someSchema, someSchema, (before, after) => {
        expect(apply(before, compareSchemas(before, after).changes, after)).toEqual(detailsOf(after));
      }),
      options,
    );
  });

  it('the reverse comparison removes what the forward one adds', () => {
    fc.assert(
      fc.property(someSchema, someSchema, (one, other) => {
        const [there, back] = [compareSchemas(one, other).counts, compareSchemas(other, one).counts];
        expect(back).toEqual({
          tables_added: there.tables_removed,
          tables_removed: there.tables_added,
          columns_added: there.columns_removed,
          columns_removed: there.columns_added,
          columns_changed: there.columns_changed,
          type_conflicts: back.type_conflicts,
        });
      }),
      options,
    );
  });
});
