/** Active, so that it can keep others waiting. */
const isHolding = `holder.status in ('starting', 'running', 'cancelling')`;

/**
 * What keeps a row of `job_runs` waiting for `holder`, another run of its workspace: a slot of its job, local data
 * that the holder uses, or a pipeline or dataset that the holder holds.
 */
const isHeldBack = `holder.workspace_id = job_runs.workspace_id and holder.id <> job_runs.id and ${isHolding}
     and case when job_runs.status = 'pending' and job_runs.is_queued then holder.job_id = job_runs.job_id
              when job_runs.status = 'pending'
              then holder.shares_local_data and job_runs.shares_local_data and holder.profile = job_runs.profile
              else exists (
                select from attempts waiting_attempts
                  join pipeline_holds waiting on waiting.attempt_id = waiting_attempts.id and waiting.held_at is null
                  join pipeline_holds held
                    on held.workspace_id = waiting.workspace_id and held.held_at is not null
                   and (held.kind, held.profile, held.name, held.destination)
                       = (waiting.kind, waiting.profile, waiting.name, waiting.destination)
                  join attempts holder_attempts on holder_attempts.id = held.attempt_id
                 where waiting_attempts.job_run_id = job_runs.id and holder_attempts.job_run_id = holder.id
                   and waiting_attempts.closed_at is null and waiting_attempts.exit is null
                   and holder_attempts.closed_at is null and holder_attempts.exit is null)
         end`;

/**
 * Builds the condition that a row of `job_runs` waits for an active run. Combine it with a condition on active states.
 * @param runId placeholder of the id of the active run
 */
export const waitsFor = (runId: string) => `exists (
  select from job_runs holder where holder.id = ${runId} and ${isHeldBack})`;

/** Joins rows of `job_runs` with the active run that has kept each waiting for the longest time. */
export const joinHolder = `cross join lateral (
  select holder.id, holder.number, holder.job_id from job_runs holder where ${isHeldBack}
   order by holder.created_at, holder.id limit 1) as holder`;
