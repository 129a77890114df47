import type { CompareSchemas } from '../services/pipelines/compare-schemas.ts';
import type { LoopDefinition } from '../platform/loops.ts';

const intervalSeconds = 600;

/**
 * Compares schema versions that were stored without a comparison: at the first start those from before schema history existed, later
 * those that an older server on the same store accepted.
 */
export function defineSchemasLoop(compareWaiting: CompareSchemas): LoopDefinition {
  return {
    name: 'schemas',
    intervalMs: intervalSeconds * 1000,
    iterate: async (signal) => void (await compareWaiting(signal)),
    failureMessage: 'schema versions were not compared; continued in the next iteration',
    readyWithinMs: null,
  };
}
