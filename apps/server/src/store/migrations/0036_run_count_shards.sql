-- compatible
-- All ends of a workspace met in one row per quarter hour, each waiting for the commit of the one before. They are spread over
-- eight rows now. A run is always counted in the same row, so that its removal takes back what its end added.

-- Bound to the key of the table; the triggers count by themselves now.
drop function count_run;

alter table job_run_quarters add column shard smallint not null default 0;
alter table job_run_quarters drop constraint job_run_quarters_pkey;
alter table job_run_quarters add constraint job_run_quarters_pkey primary key (workspace_id, starts_at, shard);

-- Runs from before the next quarter hour stay in the rows that have counted them: counting them again would lock job_runs.
do $$
begin
  execute format(
    'create function shard_of(run_id uuid, created_at timestamptz) returns smallint language sql immutable parallel safe
       return case when created_at < %L::timestamptz then 0 else get_byte(uuid_send(run_id), 15) & 7 end',
    quarter_of(now()) + interval '15 minutes');
end $$;

create or replace function count_changed_run() returns trigger language plpgsql as $$
begin
  if new.is_internal then
    return null;
  end if;
  insert into job_run_quarters as kept (workspace_id, starts_at, shard, completed_count, failed_count, cancelled_count, skipped_count)
  select workspace_id, quarter_of(created_at), shard_of(id, created_at), sum(sign * (status = 'completed')::int),
         sum(sign * (status = 'failed')::int), sum(sign * (status = 'cancelled')::int), sum(sign * (status = 'skipped')::int)
    from (values (old.id, old.workspace_id, old.created_at, old.status, -1), (new.id, new.workspace_id, new.created_at, new.status, 1))
         as changed (id, workspace_id, created_at, status, sign)
   where status in ('completed', 'failed', 'cancelled', 'skipped')
   group by 1, 2, 3 order by 1, 2, 3
  on conflict (workspace_id, starts_at, shard) do update set
         completed_count = kept.completed_count + excluded.completed_count,
         failed_count = kept.failed_count + excluded.failed_count,
         cancelled_count = kept.cancelled_count + excluded.cancelled_count,
         skipped_count = kept.skipped_count + excluded.skipped_count;
  return null;
end $$;

create or replace function count_many_runs() returns trigger language plpgsql as $$
begin
  insert into job_run_quarters as kept (workspace_id, starts_at, shard, completed_count, failed_count, cancelled_count, skipped_count)
  select workspace_id, quarter_of(created_at), shard_of(id, created_at), sum(sign * (status = 'completed')::int),
         sum(sign * (status = 'failed')::int), sum(sign * (status = 'cancelled')::int), sum(sign * (status = 'skipped')::int)
    from changed cross join (select case tg_op when 'INSERT' then 1 else -1 end as sign) as direction
   where status in ('completed', 'failed', 'cancelled', 'skipped') and not is_internal
   group by 1, 2, 3 order by 1, 2, 3
  on conflict (workspace_id, starts_at, shard) do update set
         completed_count = kept.completed_count + excluded.completed_count,
         failed_count = kept.failed_count + excluded.failed_count,
         cancelled_count = kept.cancelled_count + excluded.cancelled_count,
         skipped_count = kept.skipped_count + excluded.skipped_count;
  if tg_op = 'DELETE' then
    -- These rows are this transaction's: it changed them above.
    delete from job_run_quarters as kept
     using (select distinct workspace_id, quarter_of(created_at) as starts_at, shard_of(id, created_at) as shard from changed) as gone
     where (kept.workspace_id, kept.starts_at, kept.shard) = (gone.workspace_id, gone.starts_at, gone.shard)
       and (kept.completed_count, kept.failed_count, kept.cancelled_count, kept.skipped_count) = (0, 0, 0, 0);
  end if;
  return null;
end $$;
