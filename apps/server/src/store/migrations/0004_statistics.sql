-- compatible
-- What pipeline runs add up to by day and by month (UTC) of `created_at`, so that statistics over years read hundreds of
-- rows. Triggers keep it, whoever writes: a scan of pipeline_runs gives the same sums at any time.

create table pipeline_run_rollups (
  workspace_id uuid not null references workspaces,
  period text not null check (period in ('day', 'month')),
  starts_on date not null,
  pipeline_name text not null,
  dataset_name text,
  run_count bigint not null,
  succeeded_count bigint not null,
  -- Runs that have a duration.
  timed_count bigint not null,
  schema_migration_count bigint not null,
  -- numeric: a run may claim any number of rows, and a sum that fails would keep its telemetry from being stored.
  duration_ms numeric not null,
  rows_extracted numeric not null,
  rows_loaded numeric not null,
  bytes_loaded numeric not null
) with (fillfactor = 70);
-- By an expression, which Postgres 14 can do: runs without a dataset have one row too.
create unique index pipeline_run_rollups_key
  on pipeline_run_rollups (workspace_id, period, starts_on, pipeline_name, coalesce(dataset_name, ''));
create index pipeline_run_rollups_pipeline on pipeline_run_rollups (workspace_id, period, pipeline_name, starts_on);
create index pipeline_run_rollups_dataset on pipeline_run_rollups (workspace_id, period, dataset_name, starts_on)
  where dataset_name is not null;

-- A duration as the API shows it: rounded half up; 0 for none. Whole numbers, so that sums can be taken back without a rest.
create function whole_milliseconds(duration_ms double precision) returns numeric
  language sql immutable parallel safe
  return floor(least(coalesce(duration_ms, 0), 9007199254740991) + 0.5)::numeric;

-- What all pipeline runs of a workspace add up to by hour (UTC), so that the days of any time zone come of some thousand rows.
create table pipeline_run_hours (
  workspace_id uuid not null references workspaces,
  starts_at timestamptz not null,
  -- Of the runs that name a dataset, or of the others.
  has_dataset boolean not null,
  -- As in pipeline_run_rollups.
  run_count bigint not null,
  succeeded_count bigint not null,
  timed_count bigint not null,
  schema_migration_count bigint not null,
  duration_ms numeric not null,
  rows_extracted numeric not null,
  rows_loaded numeric not null,
  bytes_loaded numeric not null,
  primary key (workspace_id, starts_at, has_dataset)
) with (fillfactor = 70);

-- The statement that adds pipeline runs to the sums of `target`: `source` selects their columns and `sign`, 1 for runs that came
-- and -1 for runs that went; `keys` and their `positions` are what they are grouped by, and `key` what rows of `target` are told
-- apart by. Keys are taken in one order, so that two statements at once wait for each other and never deadlock.
create function pipeline_run_sums_statement(target text, periods text, keys text, positions text, key text, source text) returns text
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
             sign * total_bytes_loaded::numeric as bytes_loaded
        from (%6$s) as changes
    ), summed as (
      select %3$s,
             sum(sign) as run_count, sum(succeeded) as succeeded_count, sum(timed) as timed_count,
             sum(schema_migrations) as schema_migration_count, sum(duration_ms) as duration_ms,
             sum(rows_extracted) as rows_extracted, sum(rows_loaded) as rows_loaded, sum(bytes_loaded) as bytes_loaded
        from measured cross join unnest(%2$L::text[]) as periods (period)
       group by %4$s
    )
    insert into %1$s as kept
    select * from summed
     where (run_count, succeeded_count, timed_count, schema_migration_count, duration_ms, rows_extracted, rows_loaded, bytes_loaded)
           <> (0, 0, 0, 0, 0, 0, 0, 0)
     order by %4$s
    on conflict (%5$s) do update set
           run_count = kept.run_count + excluded.run_count,
           succeeded_count = kept.succeeded_count + excluded.succeeded_count,
           timed_count = kept.timed_count + excluded.timed_count,
           schema_migration_count = kept.schema_migration_count + excluded.schema_migration_count,
           duration_ms = kept.duration_ms + excluded.duration_ms,
           rows_extracted = kept.rows_extracted + excluded.rows_extracted,
           rows_loaded = kept.rows_loaded + excluded.rows_loaded,
           bytes_loaded = kept.bytes_loaded + excluded.bytes_loaded
  $statement$, target, periods, keys, positions, key, source);

create function pipeline_run_rollup_statement(source text) returns text
  language sql immutable
  return pipeline_run_sums_statement(
    'pipeline_run_rollups', '{day,month}',
    'workspace_id, period, date_trunc(period, created_at)::date as starts_on, pipeline_name, dataset_name', '1, 2, 3, 4, 5',
    $key$workspace_id, period, starts_on, pipeline_name, coalesce(dataset_name, '')$key$, source);

create function pipeline_run_hour_statement(source text) returns text
  language sql immutable
  return pipeline_run_sums_statement(
    'pipeline_run_hours', '{hour}',
    $keys$workspace_id, date_trunc(period, created_at) at time zone 'UTC' as starts_at, dataset_name is not null as has_dataset$keys$,
    '1, 2, 3', 'workspace_id, starts_at, has_dataset', source);

create function roll_up_pipeline_runs() returns trigger language plpgsql as $$
declare
  changes constant text := case tg_op
    when 'INSERT' then 'select 1 as sign, * from added'
    when 'DELETE' then 'select -1 as sign, * from removed'
    else 'select 1 as sign, * from added union all select -1, * from removed'
  end;
begin
  execute pipeline_run_rollup_statement(changes);
  execute pipeline_run_hour_statement(changes);
  if tg_op <> 'INSERT' then
    -- These rows are this transaction's: it changed them above.
    delete from pipeline_run_rollups as kept
     using (select distinct workspace_id, pipeline_name, (created_at at time zone 'UTC')::date as day from removed) as gone
     where kept.workspace_id = gone.workspace_id and kept.pipeline_name = gone.pipeline_name and kept.run_count = 0
       and ((kept.period = 'day' and kept.starts_on = gone.day)
         or (kept.period = 'month' and kept.starts_on = date_trunc('month', gone.day)::date));
    delete from pipeline_run_hours as kept
     using (select distinct workspace_id, date_trunc('hour', created_at at time zone 'UTC') at time zone 'UTC' as hour from removed) as gone
     where kept.workspace_id = gone.workspace_id and kept.starts_at = gone.hour and kept.run_count = 0;
  end if;
  return null;
end $$;

create trigger roll_up_added after insert on pipeline_runs
  referencing new table as added for each statement execute function roll_up_pipeline_runs();
create trigger roll_up_changed after update on pipeline_runs
  referencing new table as added old table as removed for each statement execute function roll_up_pipeline_runs();
create trigger roll_up_removed after delete on pipeline_runs
  referencing old table as removed for each statement execute function roll_up_pipeline_runs();

-- The triggers came first: making them waits for those who write, and keeps others waiting until the rollup is filled.
do $$ begin execute pipeline_run_rollup_statement('select 1 as sign, * from pipeline_runs'); end $$;

-- All that is added up, for the parts of days that no rollup covers.
create index pipeline_runs_measures on pipeline_runs (workspace_id, created_at)
  include (pipeline_name, dataset_name, status, duration_ms, total_rows_extracted, total_rows_loaded, total_bytes_loaded,
           has_schema_migration);
-- The same by name, for the series of a few names and for lists by name.
create index pipeline_runs_pipeline_measures on pipeline_runs (workspace_id, pipeline_name, created_at)
  include (status, duration_ms, total_rows_extracted, total_rows_loaded, total_bytes_loaded, has_schema_migration);
create index pipeline_runs_dataset_measures on pipeline_runs (workspace_id, dataset_name, created_at)
  include (status, duration_ms, total_rows_extracted, total_rows_loaded, total_bytes_loaded, has_schema_migration);

-- The tables of a dataset, as the schemas that its pipelines last reported have them.
create table dataset_schemas (
  workspace_id uuid not null references workspaces,
  dataset_name text not null,
  pipeline_name text not null,
  schema_name text not null,
  table_names text[] not null,
  primary key (workspace_id, dataset_name, pipeline_name, schema_name)
);
insert into dataset_schemas
select distinct on (workspace_id, dataset_name, pipeline_name, schema_name)
       workspace_id, dataset_name, pipeline_name, schema_name,
       array(select key from json_each(document->'tables')
              where lower(key) not like '\_dlt%' and exists (select 1 from json_object_keys(case json_typeof(value->'columns') when 'object' then value->'columns' end)))
  from schema_versions
 where dataset_name is not null and json_typeof(document->'tables') = 'object'
   and octet_length(dataset_name) + octet_length(pipeline_name) + octet_length(schema_name) < 2300
 order by workspace_id, dataset_name, pipeline_name, schema_name, last_seen_at desc, version desc nulls last;
