import type { TableColumn, TableLoad, TableWriter } from '@pumphouse/contract';
import type { Trend } from '../../../charts/trend.ts';
import { formatShortInstant } from '../../../ui/format.ts';
import { shortenJobName } from '../../../details/job-name.ts';

/** Finds the schema that the URL names; otherwise the one that loaded the table last. */
export function chooseWriter(
  writers: readonly TableWriter[],
  { pipeline, schema }: { pipeline?: string | undefined; schema?: string | undefined },
): TableWriter | undefined {
  const isNamed = (each: TableWriter) =>
    each.pipeline_name === pipeline && (schema === undefined || each.schema_name === schema);
  return writers.find(isNamed) ?? writers[0];
}

/** The label of a schema among several that write a table. */
export const nameWriter = ({ pipeline_name: pipeline, schema_name: schema }: TableWriter) =>
  pipeline === schema ? pipeline : `${pipeline} (${schema})`;

/** Loads as a chart, oldest first: rows per load. */
export function toLoadTrend(loads: readonly TableLoad[], now: Date): Trend {
  const oldestFirst = loads.toReversed();
  return {
    points: oldestFirst.map(({ loaded_at: at, job_run: run }) => {
      const time = formatShortInstant(new Date(at), now);
      return { label: time, title: `${time}, ${shortenJobName(run.job_ref)} #${run.number}` };
    }),
    series: [
      {
        name: 'Rows loaded',
        unit: 'count',
        colour: 'accent',
        kind: 'bar',
        values: oldestFirst.map(({ rows_loaded: rows }) => rows),
      },
    ],
  };
}

/** The columns of users first, filtered by a part of their name or type. */
export function filterColumns(columns: readonly TableColumn[], q: string | undefined): TableColumn[] {
  const query = q?.toLowerCase() ?? '';
  return columns
    .filter(({ name, data_type: type }) => name.toLowerCase().includes(query) || type === query)
    .toSorted((left, right) => Number(left.is_dlt) - Number(right.is_dlt));
}

/** How rows are written: "merge (scd2)"; of a nested table, "as orders". */
export function describeWriteMode({
  parent,
  write_disposition: write,
  merge_strategy: strategy,
}: TableWriter) {
  if (parent !== null) return `as ${parent}`;
  if (write === null) return 'unknown';
  return strategy === null ? write : `${write} (${strategy})`;
}
