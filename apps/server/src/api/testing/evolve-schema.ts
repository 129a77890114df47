import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';

type Column = Record<string, unknown>;
interface Table {
  name?: string;
  columns: Record<string, Column>;
}

/** The part of a `state` body that describes a schema. */
export interface SentSchema {
  name: string;
  version: number;
  version_hash: string;
  previous_hashes: string[];
  tables: Record<string, Table>;
}

export interface SentState {
  pipeline_name: string;
  dataset_name: string | null;
  schemas: [SentSchema];
}

/**
 * The captured dlt state of `orders_pipeline`; its schema `shop` has `orders`, `customers` and
 * `orders__lines`.
 */
export function readShopState(): SentState {
  return readCapturedBody('ok/001-state') as SentState;
}

/**
 * The state with the next version of its schema, as dlt creates one: `change` alters the tables, and the
 * previous hash is listed.
 */
export function evolve(
  state: SentState,
  versionHash: string,
  change: (tables: SentSchema['tables']) => void,
): SentState {
  const next = structuredClone(state);
  const [schema] = next.schemas;
  schema.previous_hashes.unshift(schema.version_hash);
  schema.version += 1;
  schema.version_hash = versionHash;
  change(schema.tables);
  return next;
}

/** Adds a column, or replaces the one with the same name. */
export function addColumn(
  table: Table | undefined,
  name: string,
  dataType: string,
  hints: Column = {},
): void {
  if (!table) throw new Error('There is no such table');
  table.columns[name] = { name, data_type: dataType, nullable: true, ...hints };
}
