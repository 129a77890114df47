import { z } from 'zod';
import { parsePeriodSeconds } from '../primitives/period.ts';

/**
 * What a team expects of the runs of a pipeline, in the table `pumphouse.pipelines.<name>` of its configuration:
 *
 *     [pumphouse.pipelines.orders]
 *     on_failure = "fail"
 *     expect = [{ table = "orders", min_rows = 1 }, { schema = "unchanged" }]
 *
 * Only telemetry is evaluated, never the destination.
 */

/** One expectation. Exactly one rule is set: rows (one or both limits), freshness, nulls, or the schema. */
export interface Expectation {
  table: string | null;
  column: string | null;
  minRows: number | null;
  maxRows: number | null;
  freshWithinSeconds: number | null;
  noNulls: boolean;
  isSchemaUnchanged: boolean;
}

export interface PipelineChecks {
  expect: readonly Expectation[];
  /** Whether a failed check fails the job run before other jobs follow it, or only marks the pipeline run. */
  onFailure: 'mark' | 'fail';
}

const maxExpectations = 50;
const maxFreshSeconds = 31 * 86_400;

const period = z.union([z.string(), z.number()]).transform((value, context) => {
  const seconds = typeof value === 'number' ? value : parsePeriodSeconds(value);
  if (seconds !== null && seconds > 0 && seconds <= maxFreshSeconds) return seconds;
  context.addIssue({
    code: 'custom',
    message: 'must be seconds or a text like "30m", "2h" or "1d", 31 days at most',
  });
  return z.NEVER;
});
const name = z.string().min(1).max(256);
const rowCount = z.int().min(0);

const expectation = z
  .strictObject({
    table: name.optional(),
    column: name.optional(),
    min_rows: rowCount.optional(),
    max_rows: rowCount.optional(),
    fresh_within: period.optional(),
    no_nulls: z.literal(true).optional(),
    schema: z.literal('unchanged').optional(),
  })
  .superRefine((keys, context) => {
    const problem = findProblem(keys);
    if (problem !== null) context.addIssue({ code: 'custom', message: problem });
  });

interface Keys {
  table?: string | undefined;
  column?: string | undefined;
  min_rows?: number | undefined;
  max_rows?: number | undefined;
  fresh_within?: number | undefined;
  no_nulls?: true | undefined;
  schema?: 'unchanged' | undefined;
}

/** The table `pumphouse.pipelines.<name>` as it is written. */
export const pipelineTable = z.strictObject({
  expect: z.array(expectation).min(1).max(maxExpectations),
  on_failure: z.enum(['mark', 'fail']).default('mark'),
});
export type PipelineTable = z.output<typeof pipelineTable>;

function findProblem(keys: Keys): string | null {
  const hasRows = keys.min_rows !== undefined || keys.max_rows !== undefined;
  const rules = [hasRows, keys.fresh_within !== undefined, keys.no_nulls, keys.schema !== undefined];
  if (rules.filter(Boolean).length !== 1)
    return 'must have one rule: min_rows and max_rows, or fresh_within, or no_nulls, or schema';
  if (keys.schema !== undefined)
    return keys.table !== undefined || keys.column !== undefined
      ? 'schema is about the whole pipeline: leave out table and column'
      : null;
  if (keys.table === undefined) return 'must name a table';
  if (keys.no_nulls) return keys.column === undefined ? 'no_nulls must name a column' : null;
  if ((keys.min_rows ?? 0) > (keys.max_rows ?? Infinity))
    return 'min_rows is more than max_rows: no run would pass';
  if (keys.column === undefined) return null;
  return keys.fresh_within === undefined
    ? 'rows are those of a table: leave out column'
    : 'dlt reports no values of columns: leave out column to check when rows were last loaded to the table';
}

/** Translates a table of the configuration. */
export function toPipelineChecks({ expect, on_failure: onFailure }: PipelineTable): PipelineChecks {
  return {
    onFailure,
    expect: expect.map((keys: Keys) => ({
      table: keys.table ?? null,
      column: keys.column ?? null,
      minRows: keys.min_rows ?? null,
      maxRows: keys.max_rows ?? null,
      freshWithinSeconds: keys.fresh_within ?? null,
      noNulls: keys.no_nulls ?? false,
      isSchemaUnchanged: keys.schema !== undefined,
    })),
  };
}
