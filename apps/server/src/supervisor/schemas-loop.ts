import type { CompareSchemas } from '../services/pipelines/compare-schemas.ts';
import type { FillDatasetColumns } from '../services/pipelines/dataset-columns.ts';
import type { LoopDefinition } from '../platform/loops.ts';

const intervalSeconds = 600;

/**
 * Compares schema versions that were stored without a comparison, and stores the columns of schemas for the search: at the first start of
 * those from before there was either, later of those that an older server on the same store accepted.
 */
export function defineSchemasLoop({
  compareSchemas,
  fillDatasetColumns,
}: {
  compareSchemas: CompareSchemas;
  fillDatasetColumns: FillDatasetColumns;
}): LoopDefinition {
  return {
    name: 'schemas',
    intervalMs: intervalSeconds * 1000,
    async iterate(signal) {
      await compareSchemas(signal);
      await fillDatasetColumns(signal);
    },
    failureMessage: 'schema versions were not compared; continued in the next iteration',
    readyWithinMs: null,
  };
}
