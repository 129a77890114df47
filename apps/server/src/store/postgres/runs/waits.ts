import type { Claim } from '../attempts/claim.ts';
import type { ClaimScope } from '../../../domain/workers/supervisor-identity.ts';
import type { Queryable } from '../pool.ts';
import type { WaitKind } from '../../../domain/runs/wait-reason.ts';
import { named } from '../statements/named.ts';

/** A pending run whose reason to wait is unknown or has changed. */
export interface UnexplainedWait {
  jobRunId: string;
  workspaceId: string;
  organizationId: string;
  isApp: boolean;
  size: string | null;
  waitKind: WaitKind | null;
  /** The run that holds the local data lock. */
  holderNumber: number | null;
  holderRef: string | null;
}

export interface ExplainedWait {
  jobRunId: string;
  kind: WaitKind;
  reason: string;
  /** The log already contains an equivalent reason, or will once it is written. */
  isSame: boolean;
}

/** Pending runs of one pool that wait for the same kind of thing. */
export interface PendingSummary {
  isApp: boolean;
  /** `limit`: a slot of its job or organization. `server`: no supervisor has examined it. */
  kind: WaitKind | 'limit' | 'server';
  count: number;
  maxSeconds: number;
}

/** A pending run that no supervisor may claim now, because of its labels or its organization. */
export interface UnclaimableRun {
  jobRunId: string;
  organizationId: string;
  requiredLabels: Record<string, string> | null;
  waitKind: WaitKind | null;
  waitReason: string | null;
}

export type WaitStore = ReturnType<typeof createWaitStore>;

/**
 * Minimum time between two descriptions of a capacity wait, because its numbers change with each run that
 * starts or ends.
 */
const refreshedAfterSeconds = 60;

/** Stores what pending runs wait for, except for slots of their job or organization (`run-queue.ts`). */
export function createWaitStore(sql: Queryable) {
  return {
    /**
     * Lists runs that have been claimable by this supervisor for a second and whose recorded wait is of another
     * kind or outdated. Reads only pending runs, not the history.
     * @param now whether all slots of batch runs, and of apps, are in use, and whether no run can start
     */
    listUnexplained: (
      now: { batch: boolean; apps: boolean; isBlocked: boolean },
      limit: number,
      { organizationId, labels }: ClaimScope,
    ) =>
      sql.prepared<UnexplainedWait>(
        named(
          `select pending.id as "jobRunId", pending.workspace_id as "workspaceId", workspaces.organization_id as "organizationId",
                  pending.is_app as "isApp", job_versions.definition->'require'->'instance'->>'size' as size,
                  pending.wait_kind as "waitKind", holder.number as "holderNumber", holder_jobs.job_ref as "holderRef"
             from (
               select pending.*, (
                        select holder.id from job_runs holder
                         where pending.shares_local_data and holder.workspace_id = pending.workspace_id and holder.profile = pending.profile
                           and holder.shares_local_data and holder.status in ('starting', 'running', 'cancelling')) as holder_id
                 from job_runs pending
                where pending.status = 'pending' and not pending.is_queued
                  and (pending.not_before is null or pending.not_before <= now())) as pending
             join workspaces on workspaces.id = pending.workspace_id
                             and (:organizationId::uuid is null or workspaces.organization_id = :organizationId)
             join job_versions on job_versions.id = pending.job_version_id
             left join job_runs holder on holder.id = pending.holder_id
             left join jobs holder_jobs on holder_jobs.id = holder.job_id
            where (pending.required_labels is null or pending.required_labels <@ :labels::jsonb)
              and case
                    when pending.holder_id is not null then pending.wait_kind is distinct from 'local-data'
                    when coalesce(pending.wait_kind, '') not in ('slot', 'size', 'turn', 'engine')
                      then :isBlocked or greatest(pending.created_at, pending.not_before, pending.updated_at) < now() - interval '1 second'
                    else (pending.wait_kind = 'engine' or :isBlocked
                          or (pending.wait_kind = 'slot') <> (case when pending.is_app then :apps::boolean else :batch::boolean end))
                         and pending.updated_at < now() - interval '${refreshedAfterSeconds} seconds'
                  end
            order by pending.created_at, pending.id limit :limit`,
          { ...now, limit, organizationId, labels },
        ),
      ),

    /**
     * Lists runs that have been claimable for a second, if a supervisor could: those that require labels, and
     * those of organizations with workers. Runs without a reason come first.
     */
    listUnclaimable: (limit: number) =>
      sql.prepared<UnclaimableRun>(
        named(
          `select pending.id as "jobRunId", workspaces.organization_id as "organizationId", pending.required_labels as "requiredLabels",
                  pending.wait_kind as "waitKind", pending.wait_reason as "waitReason"
             from job_runs pending join workspaces on workspaces.id = pending.workspace_id
            where pending.status = 'pending' and not pending.is_queued and (pending.not_before is null or pending.not_before <= now())
              and pending.created_at < now() - interval '1 second'
              and not exists (
                    select from supervisors
                     where expires_at > now() and is_claiming
                       and (supervisors.organization_id is null or supervisors.organization_id = workspaces.organization_id)
                       and (pending.required_labels is null or pending.required_labels <@ supervisors.labels))
              and (pending.required_labels is not null or exists (
                    select from workers where removed_at is null
                       and (workers.organization_id is null or workers.organization_id = workspaces.organization_id)))
            order by pending.wait_kind is not distinct from 'worker', pending.created_at, pending.id limit :limit`,
          { limit },
        ),
      ),

    /** Records what runs wait for, if they are still pending. */
    explain: (waits: readonly ExplainedWait[]) =>
      sql.executePrepared(
        named(
          `update job_runs set wait_kind = wait.kind, wait_reason = wait.reason,
                  wait_noted = job_runs.wait_noted and wait.is_same, updated_at = now()
             from unnest(:jobRunIds::uuid[], :kinds::text[], :reasons::text[], :isSames::boolean[]) as wait (id, kind, reason, is_same)
            where job_runs.id = wait.id and job_runs.status = 'pending' and not job_runs.is_queued`,
          {
            jobRunIds: waits.map(({ jobRunId }) => jobRunId),
            kinds: waits.map(({ kind }) => kind),
            reasons: waits.map(({ reason }) => reason),
            isSames: waits.map(({ isSame }) => isSame),
          },
        ),
      ),

    /**
     * Records what a claimed run waits for before it starts; null: nothing any more. Its log reports this
     * with other lines.
     */
    setWhileStarting: (claim: Claim, wait: { kind: WaitKind; reason: string } | null) =>
      sql.execute(
        named(
          `update job_runs set wait_kind = :kind, wait_reason = :reason, updated_at = now()
            where id = :jobRunId and claim_number = :claimNumber and status = 'starting' and wait_reason is distinct from :reason`,
          {
            jobRunId: claim.jobRunId,
            claimNumber: claim.claimNumber,
            kind: wait?.kind ?? null,
            reason: wait?.reason ?? null,
          },
        ),
      ),

    /** Reports whether `takeUnreported` would take any. */
    async hasUnreported(isQueued: boolean): Promise<boolean> {
      const [found] = await sql.prepared<{ isAny: boolean }>(
        named(
          `select exists (select from job_runs where status = 'pending' and is_queued = :isQueued and not wait_noted
                             and wait_reason is not null) as "isAny"`,
          { isQueued },
        ),
      );
      return found?.isAny ?? false;
    },

    /** Takes waiting runs whose log does not yet contain the reason. */
    takeUnreported: (options: { isQueued: boolean; limit: number }) =>
      sql.prepared<{ jobRunId: string; waitReason: string }>(
        named(
          `update job_runs set wait_noted = true
            where id in (select id from job_runs
                          where status = 'pending' and is_queued = :isQueued and not wait_noted and wait_reason is not null
                          order by created_at, id limit :limit for update skip locked)
          returning id as "jobRunId", wait_reason as "waitReason"`,
          { isQueued: options.isQueued, limit: options.limit },
        ),
      ),

    /** Summarizes what the pending runs of the installation wait for, and the longest wait of each kind. */
    summarizePending: () =>
      sql.query<PendingSummary>(
        `select is_app as "isApp", kind, count(*)::int as count, max(extract(epoch from now() - created_at))::float8 as "maxSeconds"
           from (select is_app, created_at,
                        case when is_queued then 'limit' when not_before > now() then 'retry'
                             when wait_kind = 'retry' then 'server' else coalesce(wait_kind, 'server') end as kind
                   from job_runs where status = 'pending') as pending
          group by is_app, kind`,
      ),
  };
}
