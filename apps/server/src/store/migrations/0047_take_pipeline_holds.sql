-- compatible
-- A server of the previous release does not call the function. It takes the same lock before it decides.

-- Gives an attempt what it asks for, in one call, if it holds it already, or if no other attempt has or waits for any of it: most
-- writes are like that. False, and nothing has changed, in every other case: then the server decides, or rejects the request, by the
-- rules of domain/pipelines/pipeline-holds.ts. A test compares the two.
-- `asked` is an array of {kind, profile, name, destination}; an attempt has at most `max_targets` rows.
create function take_pipeline_holds(asking uuid, asked_in uuid, asked jsonb, max_targets integer) returns boolean
language plpgsql as $$
declare
  own_ticket bigint;
begin
  perform pg_advisory_xact_lock(hashtext('pumphouse: pipeline holds'), hashtext(asked_in::text));
  -- Each statement after the lock sees what others committed before it was granted.
  perform from attempts join job_runs on job_runs.id = attempts.job_run_id
    where attempts.id = asking and job_runs.workspace_id = asked_in and attempts.begun_at is not null
      and attempts.closed_at is null and attempts.exit is null;
  if not found then
    return false;
  end if;
  perform from pipeline_holds holds
     join jsonb_to_recordset(asked) as wanted (kind text, profile text, name text, destination text)
          on (wanted.kind, wanted.profile, wanted.name, wanted.destination) = (holds.kind, holds.profile, holds.name, holds.destination)
     join attempts on attempts.id = holds.attempt_id join job_runs on job_runs.id = attempts.job_run_id
    where holds.workspace_id = asked_in
      -- What the attempt itself waits for has its place in the order.
      and case when holds.attempt_id = asking then holds.held_at is null
          else attempts.closed_at is null and attempts.exit is null and (holds.held_at is not null or job_runs.unknown_since is null)
               -- What it holds already does not wait for those behind it.
               and not exists (
                 select from pipeline_holds own
                  where own.attempt_id = asking and own.held_at is not null
                    and (own.kind, own.profile, own.name, own.destination)
                        = (holds.kind, holds.profile, holds.name, holds.destination))
          end;
  if found then
    return false;
  end if;
  if jsonb_array_length(asked) + (select count(*) from pipeline_holds where attempt_id = asking) > max_targets then
    return false;
  end if;
  delete from pipeline_holds holds using attempts
    where holds.workspace_id = asked_in and attempts.id = holds.attempt_id
      and (attempts.closed_at is not null or attempts.exit is not null);
  own_ticket := nextval('pipeline_hold_tickets');
  insert into pipeline_holds (attempt_id, workspace_id, kind, profile, name, destination, ticket, held_at)
  select asking, asked_in, wanted.kind, wanted.profile, wanted.name, wanted.destination, own_ticket, clock_timestamp()
    from jsonb_to_recordset(asked) as wanted (kind text, profile text, name text, destination text)
  on conflict (attempt_id, kind, profile, name, destination) do nothing;
  return true;
end $$;
