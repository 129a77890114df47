import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';

type Column = Record<string, unknown>;
interface Table {
  name?: string;
  columns: Record<string, Column>;
}

/** What a `state` body holds of a schema. */
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

/** The state that dlt sent of `orders_pipeline`, whose schema `shop` has `orders`, `customers` and `orders__lines`. */
export function readShopState(): SentState {
  return readCapturedBody('ok/001-state') as SentState;
}

/** The state with a next version of its schema, as dlt makes one: `change` alters the tables, and the version before is named. */
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

/** Adds a column of a type, or replaces the one of that name. */
export function addColumn(
  table: Table | undefined,
  name: string,
  dataType: string,
  hints: Column = {},
): void {
  if (!table) throw new Error('There is no such table');
  table.columns[name] = { name, data_type: dataType, nullable: true, ...hints };
}
