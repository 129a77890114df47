import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSchemas, describeNewSchema } from '../domain/pipelines/schema-difference.ts';
import { listEdges } from '../domain/pipelines/schema-shape.ts';
import { propertySeed } from '../../../../testing/fixtures/property-seed.ts';
import { listCaptured, readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';
import { readSchema } from './read-schema.ts';

const documentsOf = (name: string) =>
  (readCapturedBody(name) as { schemas: Record<string, unknown>[] }).schemas;

describe('a schema document from dlt', () => {
  it('is read with its tables, columns and hints', () => {
    const [document] = documentsOf('ok/001-state');
    const shape = readSchema(document);
    expect(shape.tables.map(({ name, hints, columns }) => [name, hints, columns.length])).toEqual([
      ['orders', { resource: 'orders', write_disposition: 'merge' }, 5],
      ['customers', { resource: 'customers', write_disposition: 'replace' }, 4],
      ['orders__lines', { parent: 'orders' }, 6],
    ]);
    expect(shape.tables[0]?.columns[0]).toEqual({
      name: 'id',
      dataType: 'bigint',
      precision: null,
      scale: null,
      isNullable: false,
      hints: { primary_key: 'yes' },
      variantOf: null,
      isDlt: false,
      description: null,
    });
    expect(listEdges(shape)).toEqual([
      {
        kind: 'parent',
        table: 'orders__lines',
        columns: ['_dlt_parent_id'],
        referencedTable: 'orders',
        referencedColumns: ['_dlt_id'],
        label: null,
        cardinality: null,
      },
    ]);
    expect(describeNewSchema(shape).changes[0]?.after).toBe('3 tables, 7 columns');
  });

  it('has no change from itself', () => {
    const documents = listCaptured('state').flatMap(documentsOf);
    expect(documents.length).toBeGreaterThan(5);
    for (const document of documents)
      expect(compareSchemas(readSchema(document), readSchema(structuredClone(document))).changes).toEqual([]);
  });
});

it('is read with variants, references and column descriptions', () => {
  const { tables } = readSchema({
    tables: {
      notes: {
        name: 'notes',
        write_disposition: { disposition: 'merge' },
        'x-merge-strategy': 'scd2',
        references: [
          { columns: ['user_id'], referenced_table: 'users', referenced_columns: ['id'], label: 'wrote' },
          1,
        ],
        columns: {
          note: { name: 'note', data_type: 'text', dedup_sort: 'desc', incremental: true },
          note__v_json: { name: 'note__v_json', data_type: 'json', variant: true },
          other__v_text: { name: 'other__v_text', data_type: 'decimal', precision: 38, scale: 9 },
          only_hinted: { name: 'only_hinted', primary_key: true },
        },
      },
      never_seen: { name: 'never_seen', columns: { a: { name: 'a', nullable: true } } },
      _dlt_loads: { name: '_dlt_loads', columns: { load_id: { data_type: 'text' } } },
    },
  });
  expect(tables).toHaveLength(1);
  expect(tables[0]).toMatchObject({
    name: 'notes',
    hints: { write_disposition: 'merge', merge_strategy: 'scd2' },
    references: [
      {
        columns: ['user_id'],
        referencedTable: 'users',
        referencedColumns: ['id'],
        label: 'wrote',
        cardinality: null,
      },
    ],
    columns: [
      { name: 'note', hints: { dedup_sort: 'desc', incremental: 'yes' }, variantOf: null },
      { name: 'note__v_json', variantOf: 'note' },
      // An ordinary name: there is no column `other`.
      { name: 'other__v_text', precision: 38, scale: 9, variantOf: null },
    ],
  });
});

it('that is not a schema is read as one without tables and columns', () => {
  const hostile = [
    null,
    'schema',
    [],
    { tables: [] },
    { tables: { a: null, b: { columns: [] }, c: { columns: { x: 'text' } } } },
    { tables: { constructor: { columns: { toString: { data_type: 1 } } } } },
    JSON.parse('{"tables": {"__proto__": {"columns": {"__proto__": {"data_type": null}}}}}'),
  ];
  for (const document of hostile) expect(readSchema(document)).toEqual({ tables: [] });
});

it('never makes the reader throw, and the result can be compared with any other', () => {
  const cell = fc.oneof(fc.jsonValue(), fc.record({ name: fc.jsonValue(), data_type: fc.jsonValue() }));
  const anyTable = fc.record(
    {
      name: fc.jsonValue(),
      columns: fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), cell)),
      references: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.record({ columns: fc.jsonValue(), referenced_table: fc.jsonValue() })),
      ),
    },
    { requiredKeys: [] },
  );
  const document = fc.oneof(fc.jsonValue(), fc.record({ tables: fc.dictionary(fc.string(), anyTable) }));
  fc.assert(
    fc.property(document, document, (one, other) => {
      const shapes = [readSchema(one), readSchema(other)] as const;
      expect(compareSchemas(shapes[0], shapes[0]).changes).toEqual([]);
      expect(compareSchemas(...shapes).changes.length).toBeGreaterThanOrEqual(0);
      expect(listEdges(shapes[0]).length).toBeGreaterThanOrEqual(0);
    }),
    { seed: propertySeed },
  );
});
