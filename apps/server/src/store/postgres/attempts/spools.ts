import type { Queryable } from '../pool.ts';
import type { AttemptExit, AttemptRecord } from './attempt-record.ts';
import type { AttemptWait } from '../../../domain/attempts/attempt-waits.ts';
import type { PlainStart } from '../../../domain/attempts/plain-start.ts';
import type { ResourceUsage } from '../../../domain/attempts/resource-usage.ts';
import { named } from '../statements/named.ts';

/** How much of an attempt's spool is stored. */
export interface SpoolProgress {
  spoolOffset: number;
  logBytes: number;
  logLines: number;
  beaconCount: number;
  beaconBytes: number;
  /** Null: unchanged. */
  waits: readonly AttemptWait[] | null;
}

/** What a stored chunk of an attempt's spool changes. */
export interface SpoolUpdate extends SpoolProgress {
  /** When user code started; null if the chunk does not contain it. The first one counts, as for `exit`. */
  startedAt: Date | null;
  exit: { record: AttemptExit; at: Date } | null;
  /** The latest timeline; null if the chunk has none. */
  usage: ResourceUsage | null;
  /** Null if the chunk tells none. The first one counts. */
  plainStart: PlainStart | null;
  /** User code has printed lines. */
  hasOutput: boolean;
}

/** What an attempt has used. */
export interface AttemptUsage {
  number: number;
  startedAt: Date | null;
  /** Null for an attempt of the previous release, and before the first samples. */
  usage: ResourceUsage | null;
}

const setSpool = `update attempts set spool_offset = :spoolOffset, log_bytes = :logBytes, log_lines = :logLines,
  beacon_count = :beaconCount, beacon_bytes = :beaconBytes, waits = coalesce(:waits::jsonb, waits),
  resource_usage = coalesce(:usage::jsonb, resource_usage), plain_start = coalesce(plain_start, :plainStart::jsonb),
  last_output_at = case when :hasOutput::boolean then now() else last_output_at end,
  started_at = coalesce(started_at, :startedAt), exit = coalesce(exit, :exit),
  finished_at = case when exit is null and :exit::jsonb is not null then :exitAt else finished_at end
  where id = :attemptId`;

const spoolParameters = ({ startedAt, exit, waits, usage, ...progress }: SpoolUpdate) => ({
  ...progress,
  waits: waits && JSON.stringify(waits),
  usage,
  startedAt,
  exit: exit?.record ?? null,
  exitAt: exit?.at ?? null,
});

/** Stores what bootstraps write into the spools of attempts, and reads what only spools contain. */
export function createSpoolStore(sql: Queryable) {
  return {
    /** Stores a chunk of the spool of an attempt, whose row is locked. */
    saveSpool: (attemptId: string, update: SpoolUpdate) =>
      sql.executePrepared(named(setSpool, { ...spoolParameters(update), attemptId })),

    /**
     * Stores the next chunk of an open attempt.
     * @param before the row after the previous chunk
     * @param unsettledDays null: not asked whether there are unsettled packages
     * @returns whether the local data of the run has load packages that are pending, or ended more than these days
     * ago; undefined if nothing was stored, because the row has changed since, or the attempt is closed
     */
    saveNextSpool: (before: AttemptRecord, update: SpoolUpdate, unsettledDays: number | null) =>
      sql.maybeOnePrepared<{ hasUnsettled: boolean }>(
        named(
          `${setSpool} and spool_offset = :offsetBefore and log_bytes = :logBytesBefore and closed_at is null
             and not log_sealed
           returning case when :unsettledDays::integer is null then false else exists (
             select from job_runs join pending_packages packages
                 on packages.workspace_id = job_runs.workspace_id and packages.profile = job_runs.profile
                and packages.worker_id is not distinct from job_runs.worker_id
              where job_runs.id = attempts.job_run_id
                and (packages.state = 'pending' or packages.ended_at < now() - make_interval(days => :unsettledDays::integer)))
             end as "hasUnsettled"`,
          {
            ...spoolParameters(update),
            attemptId: before.id,
            offsetBefore: before.spoolOffset,
            logBytesBefore: before.logBytes,
            unsettledDays,
          },
        ),
      ),

    /** Reads the timelines of the attempts of a run, in order of their numbers. */
    listUsageOfRun: (jobRunId: string) =>
      sql.query<AttemptUsage>(
        named(
          `select number, started_at as "startedAt", resource_usage as usage from attempts
            where job_run_id = :jobRunId order by number`,
          { jobRunId },
        ),
      ),

    /**
     * Counts the batch runs whose user code has printed nothing for these minutes. An attempt of the previous
     * release counts from its start.
     */
    async countSilent(minutes: number): Promise<number> {
      const { count } = await sql.one<{ count: number }>(
        named(
          `select count(*)::int as count
             from job_runs join attempts on attempts.job_run_id = job_runs.id and attempts.closed_at is null
            where job_runs.status = 'running' and not job_runs.is_app and attempts.started_at is not null
              and coalesce(attempts.last_output_at, attempts.started_at) < now() - make_interval(mins => :minutes)`,
          { minutes },
        ),
      );
      return count;
    },
  };
}
