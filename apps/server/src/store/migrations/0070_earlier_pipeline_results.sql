-- online batches of attempts by id
insert into pipeline_results (attempt_id, pipeline_name, workspace_id, job_run_id, call_count, status, dataset_name, rows_loaded, bytes_loaded,
                              duration_ms, checks, check_status, created_at)
select attempts.id, calls.pipeline_name, calls.workspace_id, calls.job_run_id, count(*),
       (array_agg(calls.status order by calls.created_at desc, calls.finished_at desc nulls last, calls.id desc))[1],
       case when count(distinct calls.dataset_name) = 1 then min(calls.dataset_name) end,
       least(sum(calls.total_rows_loaded), 9007199254740991), least(sum(calls.total_bytes_loaded), 9007199254740991), sum(calls.duration_ms),
       (array_agg(calls.checks order by calls.created_at desc, calls.id desc))[1],
       (array_agg(calls.check_status order by calls.created_at desc, calls.id desc))[1],
       max(calls.created_at)
  from attempts join pipeline_runs calls on calls.attempt_id = attempts.id
 where attempts.id between $1 and $2
 group by attempts.id, calls.pipeline_name, calls.workspace_id, calls.job_run_id
on conflict (attempt_id, pipeline_name) do nothing;
