import type { SchemaColumn } from '../merged-schema.ts';

/** Creates a text column without keys; `more` overrides its fields. */
export function makeColumn(name: string, more: Partial<SchemaColumn> = {}): SchemaColumn {
  return {
    name,
    data_type: 'text',
    precision: null,
    scale: null,
    nullable: true,
    primary_key: false,
    merge_key: false,
    unique: false,
    partition: false,
    cluster: false,
    sort: false,
    incremental: false,
    is_variant: false,
    variant_of: null,
    is_dlt: false,
    description: null,
    ...more,
  };
}
