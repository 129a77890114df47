import type { Queryable } from '../pool.ts';
import type { Claim } from './claim.ts';
import type { AttemptWait } from '../../../domain/attempts/attempt-waits.ts';
import type { ResourceUsage } from '../../../domain/attempts/resource-usage.ts';
import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import type { StoredHandle } from './stored-handle.ts';
import { columns } from '../statements/columns.ts';
import { createAdmissionStore } from './admissions.ts';
import { named } from '../statements/named.ts';
import { useEnvironment } from '../environments/environments.ts';

export interface AttemptExit {
  code: number | null;
  signal: string | null;
  outOfMemory: 'limit' | 'machine' | null;
  /** Absent in rows of an earlier version. */
  processLimitReached?: boolean;
  peakMemoryBytes: number | null;
  /** The most that all processes used together. Absent in rows of an earlier version, null if it is unknown. */
  peakGroupMemoryBytes?: number | null;
  reason: { code: string; detail: string } | null;
  killedDescendants: number;
}

/** Why an attempt failed. */
export interface AttemptFailure {
  code: string;
  detail: string;
}

export interface AttemptRecord {
  id: string;
  jobRunId: string;
  number: number;
  claimNumber: number;
  executor: string;
  /** An executor's handle; null until the executor has started the attempt. */
  handle: StoredHandle | null;
  begunBy: string | null;
  begunAt: Date | null;
  spoolOffset: number;
  logBytes: number;
  logLines: number;
  logSealed: boolean;
  /** When retention removed the log; null while it exists. */
  logRemovedAt: Date | null;
  beaconCount: number;
  beaconBytes: number;
  /** When its code waited for databases, in order. */
  waits: readonly AttemptWait[];
  exit: AttemptExit | null;
  /** Also null if it did not fail, and if another attempt replaced it before it started. */
  failure: AttemptFailure | null;
  /** Why its code failed, from its output; null if the failure's code is all that is known. */
  reason: FailureReason | null;
  createdAt: Date;
  /** When the last lines of its user code were stored; null if it has printed none. */
  lastOutputAt: Date | null;
  /** When its Python environment was ready; null before, and for attempts of older servers. */
  environmentReadyAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** When its effect on the run was decided; from then on it has no further effect. */
  closedAt: Date | null;
}

/** What an attempt has used. */
export interface AttemptUsage {
  number: number;
  startedAt: Date | null;
  /** Null for an attempt of the previous release, and before the first samples. */
  usage: ResourceUsage | null;
}

/** An attempt with a log that retention has not removed. */
export interface AttemptLogExtent {
  id: string;
  logBytes: number;
  logLines: number;
  logSealed: boolean;
  logStoredBytes: number | null;
}

/** Authenticates the bootstrap of an attempt. */
export interface BootstrapCredential {
  tokenHash: Uint8Array;
  /** Null only for an attempt that the previous release started. */
  sealedSecret: Uint8Array | null;
}

/** The length of a run's log. */
export interface LogExtent {
  jobRunId: string;
  /** Lines of all attempts. */
  lineCount: number;
  /** The run has ended, so no more lines follow. */
  isComplete: boolean;
}

/** The end of an attempt, as recorded by its supervisor. */
export interface AttemptEnd extends Pick<AttemptRecord, 'failure' | 'reason'> {
  seen: AttemptExit | null;
}

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
  /** User code has printed lines. */
  hasOutput: boolean;
}

const attemptColumns = columns('attempts', [
  'id',
  'job_run_id',
  'number',
  'claim_number',
  'executor',
  'handle',
  'begun_by',
  'begun_at',
  'spool_offset',
  'log_bytes',
  'log_lines',
  'log_sealed',
  'log_removed_at',
  'beacon_count',
  'beacon_bytes',
  'waits',
  'exit',
  'failure',
  'reason',
  'created_at',
  'environment_ready_at',
  'started_at',
  'finished_at',
  'closed_at',
  'last_output_at',
]);

const setSpool = `update attempts set spool_offset = :spoolOffset, log_bytes = :logBytes, log_lines = :logLines,
  beacon_count = :beaconCount, beacon_bytes = :beaconBytes, waits = coalesce(:waits::jsonb, waits),
  resource_usage = coalesce(:usage::jsonb, resource_usage),
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

export type AttemptStore = ReturnType<typeof createAttemptStore>;

/** Stores attempts of job runs, and the progress of their output. */
export function createAttemptStore(sql: Queryable) {
  const latest = (jobRunId: string) =>
    sql.maybeOnePrepared<AttemptRecord>(
      named(
        `select ${attemptColumns} from attempts where job_run_id = :jobRunId order by number desc limit 1`,
        { jobRunId },
      ),
    );

  /** Finds the current attempt of a run; undefined before the first, and between two. */
  async function findOpen(jobRunId: string): Promise<AttemptRecord | undefined> {
    const attempt = await latest(jobRunId);
    return attempt?.closedAt ? undefined : attempt;
  }

  return {
    ...createAdmissionStore(sql),

    /**
     * Inserts the next attempt of a run with a valid claim, once the environment is ready; undefined if the
     * claim is invalid. Attempts of earlier claims that have not started never will, so they are closed.
     */
    insert: (claim: Claim, executor: string, { tokenHash, sealedSecret }: BootstrapCredential) =>
      sql.maybeOne<AttemptRecord>(
        named(
          `with held as (select id from job_runs where id = :jobRunId and claim_number = :claimNumber and status = 'starting'),
                superseded as (
                  update attempts set closed_at = now(), finished_at = coalesce(finished_at, now())
                    from held where job_run_id = held.id and closed_at is null and begun_at is null)
           insert into attempts (job_run_id, number, claim_number, executor, bootstrap_token_hash, bootstrap_secret, environment_ready_at)
           select id, coalesce((select max(number) from attempts where job_run_id = :jobRunId), 0) + 1, :claimNumber,
                  :executor, :tokenHash, :sealedSecret, now() from held
           returning ${attemptColumns}`,
          { jobRunId: claim.jobRunId, claimNumber: claim.claimNumber, executor, tokenHash, sealedSecret },
        ),
      ),

    /**
     * Returns the current attempt of a run, creating one if there is none: the log needs an attempt before
     * the executor does, because the lines of an environment build come first. Undefined if the run has
     * ended.
     */
    ensureOpen: async (jobRunId: string, executor: string) => {
      const created = await sql.maybeOnePrepared<AttemptRecord>(
        named(
          `insert into attempts (job_run_id, number, claim_number, executor)
           select job_runs.id, coalesce(latest.number, 0) + 1, 0, :executor
             from job_runs left join lateral (
                    select number, closed_at from attempts where job_run_id = :jobRunId order by number desc limit 1) as latest on true
            where job_runs.id = :jobRunId and job_runs.status in ('pending', 'starting')
              and (latest.number is null or latest.closed_at is not null)
           on conflict (job_run_id, number) do nothing
           returning ${attemptColumns}`,
          { jobRunId, executor },
        ),
      );
      return created ?? findOpen(jobRunId);
    },

    /** Marks that preparation starts now for an attempt that was created for the log while its run waited. */
    restart: (attemptId: string) =>
      sql.executePrepared(
        named(
          'update attempts set created_at = now() where id = :attemptId and environment_ready_at is null',
          { attemptId },
        ),
      ),

    findOpen,

    /**
     * Assigns an attempt that has not started to a new claim and token, and records that it uses the
     * environment at this path, which prevents its removal. Undefined if the attempt has started, the claim is
     * invalid, or the environment no longer exists.
     */
    assign: (
      attemptId: string,
      claim: Claim,
      executor: string,
      { tokenHash, sealedSecret, environmentPath }: BootstrapCredential & { environmentPath: string },
    ) =>
      sql.maybeOnePrepared<AttemptRecord>(
        named(
          `${useEnvironment}
           update attempts set claim_number = :claimNumber, executor = :executor, bootstrap_token_hash = :tokenHash,
                  bootstrap_secret = :sealedSecret, environment_ready_at = now(), environment_key = used.key
             from job_runs, used
            where attempts.id = :attemptId and attempts.begun_at is null and attempts.bootstrap_token_hash is null
              and job_runs.id = :jobRunId and attempts.job_run_id = job_runs.id
              and job_runs.claim_number = :claimNumber and job_runs.status = 'starting'
          returning ${attemptColumns}`,
          {
            attemptId,
            jobRunId: claim.jobRunId,
            claimNumber: claim.claimNumber,
            executor,
            tokenHash,
            sealedSecret,
            environmentPath,
          },
        ),
      ),

    async get(attemptId: string) {
      const [row] = await sql.prepared<AttemptRecord>(
        named(`select ${attemptColumns} from attempts where id = :attemptId`, { attemptId }),
      );
      return row;
    },

    async lock(attemptId: string) {
      const [row] = await sql.prepared<AttemptRecord>(
        named(`select ${attemptColumns} from attempts where id = :attemptId for update`, { attemptId }),
      );
      return row;
    },

    /**
     * Finds the run of an active attempt; undefined once the attempt or its run has ended, or the run has a
     * later attempt.
     */
    async findLive(attemptId: string): Promise<{ workspaceId: string; jobRunId: string } | undefined> {
      const [row] = await sql.prepared<{ workspaceId: string; jobRunId: string }>(
        named(
          `select job_runs.workspace_id as "workspaceId", job_runs.id as "jobRunId"
           from attempts join job_runs on job_runs.id = attempts.job_run_id
          where attempts.id = :attemptId and attempts.closed_at is null and attempts.finished_at is null and job_runs.finished_at is null
            and not exists (select from attempts later where later.job_run_id = job_runs.id and later.number > attempts.number)`,
          { attemptId },
        ),
      );
      return row;
    },

    /** Finds an admitted attempt without a secret, as the previous release started them. */
    findByToken: (attemptId: string, tokenHash: Uint8Array) =>
      sql.maybeOne<AttemptRecord>(
        named(
          `select ${attemptColumns} from attempts
            where id = :attemptId and bootstrap_token_hash = :tokenHash and bootstrap_secret is null and begun_at is not null`,
          { attemptId, tokenHash },
        ),
      ),

    /** Finds an attempt with a secret, including the secret in its stored form. */
    async findWithSecret(attemptId: string) {
      const [row] = await sql.prepared<AttemptRecord & { sealedSecret: Uint8Array }>(
        named(
          `select ${attemptColumns}, bootstrap_secret as "sealedSecret" from attempts
                     where id = :attemptId and bootstrap_secret is not null`,
          { attemptId },
        ),
      );
      return row;
    },

    latest,

    listOfRun: (jobRunId: string) =>
      sql.prepared<AttemptRecord>(
        named(`select ${attemptColumns} from attempts where job_run_id = :jobRunId order by number`, {
          jobRunId,
        }),
      ),

    /** Lists the attempts of several runs, those of each in order. */
    listOfRuns: (jobRunIds: readonly string[]) =>
      sql.prepared<AttemptRecord>(
        named(
          `select ${attemptColumns} from attempts where job_run_id = any(:jobRunIds::uuid[]) order by job_run_id, number`,
          { jobRunIds },
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

    /** Measures the logs of runs, counted like `layOutLog` (domain); unknown runs are omitted. */
    measureLogs: (jobRunIds: readonly string[]) =>
      sql.prepared<LogExtent>(
        named(
          `select job_runs.id as "jobRunId", job_runs.finished_at is not null as "isComplete",
                  case when job_runs.skip is not null then 1
                  else coalesce(sum(case when attempts.log_removed_at is null then attempts.log_lines else 1 end), 0)::int8
                  end as "lineCount"
             from job_runs left join attempts on attempts.job_run_id = job_runs.id
            where job_runs.id = any(:jobRunIds::uuid[]) group by job_runs.id`,
          { jobRunIds },
        ),
      ),

    /** Lists attempts with a log, in the order of their ids. */
    listWithLogs: (afterId: string | null, limit: number) =>
      sql.query<AttemptLogExtent>(
        named(
          `select id, log_bytes as "logBytes", log_lines as "logLines", log_sealed as "logSealed",
                  log_stored_bytes as "logStoredBytes"
             from attempts
            where log_bytes > 0 and log_removed_at is null and (:afterId::uuid is null or id > :afterId)
            order by id limit :limit`,
          { afterId, limit },
        ),
      ),

    saveHandle: (attemptId: string, handle: NonNullable<AttemptRecord['handle']>) =>
      sql.executePrepared(
        named('update attempts set handle = :handle where id = :attemptId', { attemptId, handle }),
      ),

    saveLogProgress: (
      attemptId: string,
      { logBytes, logLines }: Pick<SpoolProgress, 'logBytes' | 'logLines'>,
    ) =>
      sql.executePrepared(
        named('update attempts set log_bytes = :logBytes, log_lines = :logLines where id = :attemptId', {
          attemptId,
          logBytes,
          logLines,
        }),
      ),

    /** Stores a chunk of the spool of an attempt, whose row is locked. */
    saveSpool: (attemptId: string, update: SpoolUpdate) =>
      sql.executePrepared(named(setSpool, { ...spoolParameters(update), attemptId })),

    /**
     * Stores the next chunk of an open attempt.
     * @param before the row after the previous chunk
     * @returns false if the row has changed since, or the attempt is closed
     */
    async saveNextSpool(before: AttemptRecord, update: SpoolUpdate) {
      const touched = await sql.executePrepared(
        named(
          `${setSpool} and spool_offset = :offsetBefore and log_bytes = :logBytesBefore and closed_at is null
             and not log_sealed`,
          {
            ...spoolParameters(update),
            attemptId: before.id,
            offsetBefore: before.spoolOffset,
            logBytesBefore: before.logBytes,
          },
        ),
      );
      return touched === 1;
    },

    /** Counts the failed attempts of a run. */
    countFailed: async (jobRunId: string) => {
      const { count } = await sql.one<{ count: number }>(
        named(
          'select count(*)::int as count from attempts where job_run_id = :jobRunId and failure is not null',
          { jobRunId },
        ),
      );
      return count;
    },

    /**
     * Closes an attempt.
     * @param end.seen its end as observed by others; its own record takes precedence
     */
    close: (attemptId: string, { failure, reason, seen }: AttemptEnd) =>
      sql.executePrepared(
        named(
          `update attempts set closed_at = now(), finished_at = coalesce(finished_at, now()), failure = :failure, reason = :reason,
                exit = coalesce(exit, :seen) where id = :attemptId and closed_at is null`,
          { attemptId, failure, seen, reason },
        ),
      ),

    /** @param storedBytes disk size of the compressed log; null if there is none */
    markSealed: (attemptId: string, storedBytes: number | null) =>
      sql.executePrepared(
        named(
          'update attempts set log_sealed = true, log_stored_bytes = :storedBytes where id = :attemptId',
          { attemptId, storedBytes },
        ),
      ),
  };
}
