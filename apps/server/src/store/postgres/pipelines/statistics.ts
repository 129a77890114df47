import type { Conditions } from '../statements/conditions.ts';
import type {
  DayCorrection,
  DayPlan,
  SumPiece,
  Window,
  ZoneDay,
} from '../../../domain/pipelines/statistics-window.ts';
import type { Queryable } from '../pool.ts';
import type { RunSums, SumName } from '../../../domain/runs/run-sums.ts';
import { createConditions } from '../statements/conditions.ts';
import { piecesOfWindow, planDays } from '../../../domain/pipelines/statistics-window.ts';
import { sumNames } from '../../../domain/runs/run-sums.ts';
import { named } from '../statements/named.ts';

/** The grouping of runs in statistics. */
export type StatisticsSubject = 'pipeline' | 'dataset';

export interface StatisticsFilter extends Window {
  /** Part of the name, case-insensitive. */
  search?: string | null;
  names?: readonly string[] | null;
  latestStatuses?: readonly string[] | null;
  latestDestinationNames?: readonly string[] | null;
}

/**
 * Statistics of one pipeline or dataset over a window. The `latest...` fields refer to its newest run within
 * the window.
 */
export interface StatisticsRecord extends RunSums {
  name: string;
  distinctPipelineCount: number;
  latestRunId: string;
  latestRunAt: Date;
  latestStatus: 'succeeded' | 'failed';
  latestPipelineName: string;
  latestDatasetName: string | null;
  latestDestinationName: string | null;
}

/**
 * Sums by day: `days` contains the indexes of the days with runs, and each list of sums has one value for
 * each of them.
 */
export interface SeriesRecord extends Record<SumName, number[]> {
  /** Null: all pipelines or datasets together. */
  name: string | null;
  days: number[];
}

/** As `whole_milliseconds`, but not numeric: a sum of numerics takes four times as long. */
const wholeMilliseconds = `floor(least(greatest(coalesce(duration_ms, 0), -9007199254740991), 9007199254740991) + 0.5)::int8`;

/** Columns of the rollup, and the expressions over pipeline_runs that they sum. */
const sumColumns: Record<SumName, { column: string; ofRun: string }> = {
  runCount: { column: 'run_count', ofRun: '1' },
  succeededCount: { column: 'succeeded_count', ofRun: `(status = 'succeeded')::int` },
  succeededTimedCount: {
    column: 'succeeded_timed_count',
    ofRun: `(status = 'succeeded' and duration_ms is not null)::int`,
  },
  succeededDurationMs: {
    column: 'succeeded_duration_ms',
    ofRun: `case when status = 'succeeded' then ${wholeMilliseconds} else 0 end`,
  },
  schemaMigrationCount: { column: 'schema_migration_count', ofRun: 'has_schema_migration::int' },
  durationMs: { column: 'duration_ms', ofRun: wholeMilliseconds },
  rowsExtracted: { column: 'rows_extracted', ofRun: 'total_rows_extracted' },
  rowsLoaded: { column: 'rows_loaded', ofRun: 'total_rows_loaded' },
  bytesLoaded: { column: 'bytes_loaded', ofRun: 'total_bytes_loaded' },
};
const columnList = eachColumn(({ column }) => column);
const sumEach = eachColumn(({ column }) => `sum(${column}) as ${column}`);

const nameColumns: Record<StatisticsSubject, 'pipeline_name' | 'dataset_name'> = {
  pipeline: 'pipeline_name',
  dataset: 'dataset_name',
};

export type StatisticsStore = ReturnType<typeof createStatisticsStore>;

/**
 * Reads sums over pipeline runs, from the rollups maintained by triggers and from the runs at the ends of the
 * window. Each result comes from one statement, so it equals a scan of pipeline_runs at that moment.
 */
export function createStatisticsStore(sql: Queryable) {
  return {
    /** Lists all pipelines or datasets with a run in the window that match the filter, by name. */
    list: async (
      workspaceId: string,
      subject: StatisticsSubject,
      filter: StatisticsFilter,
    ): Promise<StatisticsRecord[]> => {
      const pieces = piecesOfWindow(filter);
      if (pieces.length === 0) return [];
      const name = nameColumns[subject];
      const scope = createScope(workspaceId, name, filter);
      const parts = pieces.map((piece) => selectPiece(scope, name, piece)).join(' union all ');
      return sql.query<StatisticsRecord>(
        named(
          `with parts as (${parts}),
           by_pipeline as (
             select name, pipeline_name, ${sumEach} from parts group by name, pipeline_name having sum(run_count) > 0
           ),
           by_name as (select name, count(*) as pipeline_count, ${sumEach} from by_pipeline group by name)
           select by_name.name, by_name.pipeline_count as "distinctPipelineCount",
                  ${eachColumn(({ column }, name) => `${boundedSum(`by_name.${column}`)} as "${name}"`)},
                  latest.id as "latestRunId", latest.created_at as "latestRunAt", latest.status as "latestStatus",
                  latest.pipeline_name as "latestPipelineName", latest.dataset_name as "latestDatasetName",
                  latest.destination_name as "latestDestinationName"
             from by_name
             join lateral (
               select id, created_at, status, pipeline_name, dataset_name, destination_name from pipeline_runs
                where ${scope.isInWorkspace} and ${name} = by_name.name and ${betweenInstants(scope, boundsOf(filter))}
                order by created_at desc, id desc limit 1
             ) as latest on true
            where ${latestConditions(scope, filter)}
            order by by_name.name`,
          scope.parameters,
        ),
      );
    },

    /**
     * Returns sums by day, for the pipelines or datasets with the most runs and, if there are any runs, for
     * all together.
     * @param days at least one, consecutive
     * @param atMost maximum number of pipelines or datasets
     */
    series: async (
      workspaceId: string,
      subject: StatisticsSubject,
      { days, names, atMost }: { days: readonly ZoneDay[]; names: readonly string[] | null; atMost: number },
    ): Promise<SeriesRecord[]> => {
      const name = nameColumns[subject];
      const scope = createScope(workspaceId, name, { names });
      const window = { start: new Date(days.at(0)?.startMs ?? 0), end: new Date(days.at(-1)?.endMs ?? 0) };
      const counts = piecesOfWindow(window).map((piece) => selectPiece(scope, name, piece));
      // Hourly rollups exist only for all names together.
      const totalUnit = names ? 'day' : 'hour';
      const cells = selectDays(scope, planDays(days, 'day'), { name, only: `${name} = shown.name` });
      const total = selectDays(scope, planDays(days, totalUnit), { name });
      return sql.query<SeriesRecord>(
        named(
          `with shown as materialized (
             select name, sum(run_count) as total from (${counts.join(' union all ')}) as counts
              group by name having sum(run_count) > 0 order by total desc, name limit ${scope.bind(atMost)}
           )
           (select name, lists.* from shown cross join lateral (${selectLists(cells)}) as lists order by total desc, name)
           union all
           (select null, lists.* from (${selectLists(total)}) as lists where days is not null)`,
          scope.parameters,
        ),
      );
    },

    /** Lists the sources of pipeline runs, by run id. */
    sourceNames: async (pipelineRunIds: readonly string[]): Promise<Map<string, string[]>> => {
      const rows = await sql.query<{ id: string; names: string[] | null }>(
        named(`select id, facts->'sourceNames' as names from pipeline_runs where id = any(:pipelineRunIds)`, {
          pipelineRunIds,
        }),
      );
      return new Map(rows.map(({ id, names }) => [id, names ?? []]));
    },

    /** Counts the tables of each dataset, from the schemas that its pipelines last reported. */
    tableCounts: async (
      workspaceId: string,
      datasetNames: readonly string[],
    ): Promise<Map<string, number>> => {
      const rows = await sql.query<{ name: string; count: number }>(
        named(
          `select dataset_name as name, count(distinct table_name)::int as count
             from dataset_schemas cross join unnest(table_names) as tables (table_name)
            where workspace_id = :workspaceId and dataset_name = any(:datasetNames) group by dataset_name`,
          { workspaceId, datasetNames },
        ),
      );
      return new Map(rows.map(({ name, count }) => [name, count]));
    },
  };
}

interface Scope extends Conditions {
  isInWorkspace: string;
}

/** Creates conditions for the runs of some names that are valid for pipeline_runs and for its rollup. */
function createScope(
  workspaceId: string,
  name: string,
  filter: Pick<StatisticsFilter, 'names' | 'search'>,
): Scope {
  const scope = createConditions();
  const isInWorkspace = `workspace_id = ${scope.bind(workspaceId)}`;
  scope.require(isInWorkspace);
  scope.add(`${name} = any(?)`, filter.names);
  scope.add(`strpos(lower(${name}), ?) > 0`, filter.search?.toLowerCase());
  // Runs without a dataset belong to none.
  return { ...scope, isInWorkspace, sql: () => `${scope.sql()} and ${name} is not null` };
}

interface Bounds {
  fromMs: number;
  toMs: number;
}

function boundsOf({ start, end }: Window): Bounds {
  return { fromMs: start?.getTime() ?? -Infinity, toMs: end?.getTime() ?? Infinity };
}

function selectPiece(scope: Scope, name: string, piece: SumPiece): string {
  const sign = piece.sign === 1 ? '' : '-';
  const measures = eachColumn(({ column, ofRun }) => {
    const measure = piece.source === 'run' ? ofRun : column;
    return `(${sign}${measure})::numeric as ${column}`;
  });
  const select = `select ${name} as name, pipeline_name, ${measures}`;
  if (piece.source === 'run')
    return `${select} from pipeline_runs where ${scope.sql()} and ${betweenInstants(scope, piece)}`;
  return `${select} from pipeline_run_rollups
           where ${scope.sql()} and period = '${piece.source}' and ${betweenDates(scope, piece)}`;
}

/**
 * Selects one row: the days with runs, and their sums.
 * @param sums sums by day
 */
function selectLists(sums: string): string {
  return `select array_agg(day order by day) as days,
                 ${eachColumn(({ column }, name) => `array_agg(${boundedSum(column)} order by day) as "${name}"`)}
            from (${sums}) as sums where run_count > 0`;
}

/**
 * Selects sums by day of a zone: the whole units of each day, the runs that move into it over its start, and
 * negative those that move on over its end.
 */
function selectDays(
  scope: Scope,
  { unit, bordersMs, corrections }: DayPlan,
  { name, only = 'true' }: { name: string; only?: string },
): string {
  const units =
    unit === 'day' ? selectWholeDays(scope, bordersMs, only) : selectWholeHours(scope, bordersMs, name);
  const bySum = (parts: string) => `select day, ${sumEach} from (${parts}) as parts group by day`;
  if (corrections.length === 0) return bySum(units);
  return `with moved as materialized (${selectMoved(scope, corrections, only)})
    ${bySum(`${units} union all select day, ${columnList} from moved where day < ${scope.bind(bordersMs.length - 1)}
      union all select day - 1, ${eachColumn(({ column }) => `-${column}`)} from moved where day > 0`)}`;
}

/**
 * Selects, for the start of each day, the sums of the runs that move into the day over it, or negative those that
 * move to the day before.
 */
function selectMoved(scope: Scope, corrections: readonly DayCorrection[], only: string): string {
  const lists = [
    bindSeconds(
      scope,
      corrections.map((each) => each.fromMs),
    ),
    bindSeconds(
      scope,
      corrections.map((each) => each.toMs),
    ),
    `${scope.bind(corrections.map((each) => Math.max(each.fromDay, each.toDay)))}::int[]`,
    `${scope.bind(corrections.map((each) => each.fromDay < each.toDay))}::bool[]`,
  ].join(', ');
  // Negates the sum and not each run, which may claim the one number without a negative.
  return `select day, ${eachColumn(({ column, ofRun }) => `case when is_into then sum(${ofRun}) else -sum(${ofRun}) end as ${column}`)}
            from unnest(${lists}) as corrections (from_seconds, to_seconds, day, is_into)
            join pipeline_runs on ${scope.sql()} and ${only}
             and created_at >= to_timestamp(from_seconds) and created_at < to_timestamp(to_seconds)
           group by day, is_into`;
}

/** Selects days of the rollup, each with the day of the zone that it mostly belongs to. */
function selectWholeDays(scope: Scope, bordersMs: readonly number[], only: string): string {
  const bounds = { fromMs: bordersMs.at(0) ?? 0, toMs: bordersMs.at(-1) ?? 0 };
  return `select width_bucket(date_part('epoch', starts_on), ${bindSeconds(scope, bordersMs)}) - 1 as day, ${columnList}
            from pipeline_run_rollups
           where ${scope.sql()} and ${only} and period = 'day' and ${betweenDates(scope, bounds)}`;
}

/** Selects hours of all names together, day by day: to find the day of each hour takes longer. */
function selectWholeHours(scope: Scope, bordersMs: readonly number[], name: string): string {
  const lists = `${bindSeconds(scope, bordersMs.slice(0, -1))}, ${bindSeconds(scope, bordersMs.slice(1))}`;
  return `select (spans.number - 1)::int as day, ${columnList}
            from unnest(${lists}) with ordinality as spans (from_seconds, to_seconds, number)
            join pipeline_run_hours on ${scope.isInWorkspace} and ${name === 'dataset_name' ? 'has_dataset' : 'true'}
             and starts_at >= to_timestamp(from_seconds) and starts_at < to_timestamp(to_seconds)`;
}

function bindSeconds(scope: Scope, instantsMs: readonly number[]): string {
  return `${scope.bind(instantsMs.map((ms) => ms / 1000))}::float8[]`;
}

function betweenInstants(scope: Scope, { fromMs, toMs }: Bounds, column = 'created_at'): string {
  const instant = (ms: number) => `to_timestamp(${scope.bind(ms / 1000)}::float8)`;
  return `${column} >= ${instant(fromMs)} and ${column} < ${instant(toMs)}`;
}

/** @param bounds midnights in UTC */
function betweenDates(scope: Scope, { fromMs, toMs }: Bounds): string {
  const date = (ms: number) => `(to_timestamp(${scope.bind(ms / 1000)}::float8) at time zone 'UTC')::date`;
  return `starts_on >= ${date(fromMs)} and starts_on < ${date(toMs)}`;
}

function latestConditions(scope: Scope, filter: StatisticsFilter): string {
  const conditions: string[] = [];
  if (filter.latestStatuses) conditions.push(`latest.status = any(${scope.bind(filter.latestStatuses)})`);
  if (filter.latestDestinationNames)
    conditions.push(`latest.destination_name = any(${scope.bind(filter.latestDestinationNames)})`);
  return conditions.join(' and ') || 'true';
}

function eachColumn(toSql: (sum: { column: string; ofRun: string }, name: SumName) => string): string {
  return sumNames.map((name) => toSql(sumColumns[name], name)).join(', ');
}

/** Limits a sum to a safe JavaScript integer: runs may report more rows than that. */
function boundedSum(column: string): string {
  return `least(${column}, 9007199254740991)::int8`;
}
