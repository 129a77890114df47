-- compatible
-- Durations of the pipeline runs that succeeded, summed beside those of all: a run that failed after a second must not make a pipeline
-- look fast. The columns of before stay for the previous release.

-- Waits for open transactions that write pipeline runs, and keeps others waiting until the sums are filled.
lock table pipeline_runs in share row exclusive mode;

alter table pipeline_run_rollups
  -- Runs that succeeded and have a duration.
  add column succeeded_timed_count bigint not null default 0,
  add column succeeded_duration_ms numeric not null default 0;
alter table pipeline_run_hours
  add column succeeded_timed_count bigint not null default 0,
  add column succeeded_duration_ms numeric not null default 0;

-- As in 0004, with the two columns at the end.
create or replace function pipeline_run_sums_statement(target text, periods text, keys text, positions text, key text, source text) returns text
  language sql immutable
  return format($statement$
    with measured as (
      select workspace_id, created_at at time zone 'UTC' as created_at, pipeline_name, dataset_name, sign,
             sign * (status = 'succeeded')::int as succeeded,
             sign * (duration_ms is not null)::int as timed,
             sign * has_schema_migration::int as schema_migrations,
             sign * whole_milliseconds(duration_ms) as duration_ms,
             sign * total_rows_extracted::numeric as rows_extracted,
             sign * total_rows_loaded::numeric as rows_loaded,
             sign * total_bytes_loaded::numeric as bytes_loaded,
             sign * (status = 'succeeded' and duration_ms is not null)::int as succeeded_timed,
             sign * case when status = 'succeeded' then whole_milliseconds(duration_ms) else 0 end as succeeded_duration_ms
        from (%6$s) as changes
    ), summed as (
      select %3$s,
             sum(sign) as run_count, sum(succeeded) as succeeded_count, sum(timed) as timed_count,
             sum(schema_migrations) as schema_migration_count, sum(duration_ms) as duration_ms,
             sum(rows_extracted) as rows_extracted, sum(rows_loaded) as rows_loaded, sum(bytes_loaded) as bytes_loaded,
             sum(succeeded_timed) as succeeded_timed_count, sum(succeeded_duration_ms) as succeeded_duration_ms
        from measured cross join unnest(%2$L::text[]) as periods (period)
       group by %4$s
    )
    insert into %1$s as kept
    select * from summed
     where (run_count, succeeded_count, timed_count, schema_migration_count, duration_ms, rows_extracted, rows_loaded, bytes_loaded,
            succeeded_timed_count, succeeded_duration_ms)
           <> (0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
     order by %4$s
    on conflict (%5$s) do update set
           run_count = kept.run_count + excluded.run_count,
           succeeded_count = kept.succeeded_count + excluded.succeeded_count,
           timed_count = kept.timed_count + excluded.timed_count,
           schema_migration_count = kept.schema_migration_count + excluded.schema_migration_count,
           duration_ms = kept.duration_ms + excluded.duration_ms,
           rows_extracted = kept.rows_extracted + excluded.rows_extracted,
           rows_loaded = kept.rows_loaded + excluded.rows_loaded,
           bytes_loaded = kept.bytes_loaded + excluded.bytes_loaded,
           succeeded_timed_count = kept.succeeded_timed_count + excluded.succeeded_timed_count,
           succeeded_duration_ms = kept.succeeded_duration_ms + excluded.succeeded_duration_ms
  $statement$, target, periods, keys, positions, key, source);

with sums as (
  select workspace_id, period, date_trunc(period, created_at at time zone 'UTC')::date as starts_on, pipeline_name, dataset_name,
         count(*) as timed_count, sum(whole_milliseconds(duration_ms)) as duration_ms
    from pipeline_runs cross join unnest('{day,month}'::text[]) as periods (period)
   where status = 'succeeded' and duration_ms is not null
   group by 1, 2, 3, 4, 5
)
update pipeline_run_rollups as kept
   set succeeded_timed_count = sums.timed_count, succeeded_duration_ms = sums.duration_ms
  from sums
 where kept.workspace_id = sums.workspace_id and kept.period = sums.period and kept.starts_on = sums.starts_on
   and kept.pipeline_name = sums.pipeline_name and coalesce(kept.dataset_name, '') = coalesce(sums.dataset_name, '');

with sums as (
  select workspace_id, date_trunc('hour', created_at at time zone 'UTC') at time zone 'UTC' as starts_at,
         dataset_name is not null as has_dataset, count(*) as timed_count, sum(whole_milliseconds(duration_ms)) as duration_ms
    from pipeline_runs where status = 'succeeded' and duration_ms is not null
   group by 1, 2, 3
)
update pipeline_run_hours as kept
   set succeeded_timed_count = sums.timed_count, succeeded_duration_ms = sums.duration_ms
  from sums
 where kept.workspace_id = sums.workspace_id and kept.starts_at = sums.starts_at and kept.has_dataset = sums.has_dataset;
