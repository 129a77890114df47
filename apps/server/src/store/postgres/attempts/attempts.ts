import type { Queryable } from '../pool.ts';
import type { AttemptExit, AttemptRecord } from './attempt-record.ts';
import type { Claim } from './claim.ts';
import { attemptColumns } from './attempt-record.ts';
import { createAdmissionStore } from './admissions.ts';
import { createAttemptLogStore } from './attempt-logs.ts';
import { createSpoolStore } from './spools.ts';
import { named } from '../statements/named.ts';
import { useEnvironment } from '../environments/environments.ts';

/** Authenticates the bootstrap of an attempt. */
export interface BootstrapCredential {
  tokenHash: Uint8Array;
  /** Null only for an attempt that the previous release started. */
  sealedSecret: Uint8Array | null;
}

/** What an attempt holds from its start to its end; null for no limit. */
export interface HeldLimits {
  cores: number | null;
  memoryBytes: number | null;
}

/** The end of an attempt, as recorded by its supervisor. */
export interface AttemptEnd extends Pick<AttemptRecord, 'failure' | 'reason'> {
  seen: AttemptExit | null;
}

export type AttemptStore = ReturnType<typeof createAttemptStore>;

/** Stores attempts of job runs. */
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
    ...createSpoolStore(sql),
    ...createAttemptLogStore(sql),

    /**
     * Inserts the next attempt of a run with a valid claim, once the environment is ready; undefined if the
     * claim is invalid. Attempts of earlier claims that have not started never will, so they are closed.
     */
    insert: (
      claim: Claim,
      executor: string,
      { tokenHash, sealedSecret, limits }: BootstrapCredential & { limits: HeldLimits },
    ) =>
      sql.maybeOne<AttemptRecord>(
        named(
          `with held as (select id from job_runs where id = :jobRunId and claim_number = :claimNumber and status = 'starting'),
                superseded as (
                  update attempts set closed_at = now(), finished_at = coalesce(finished_at, now())
                    from held where job_run_id = held.id and closed_at is null and begun_at is null)
           insert into attempts (job_run_id, number, claim_number, executor, bootstrap_token_hash, bootstrap_secret, environment_ready_at,
                                 cores, memory_limit_bytes)
           select id, coalesce((select max(number) from attempts where job_run_id = :jobRunId), 0) + 1, :claimNumber,
                  :executor, :tokenHash, :sealedSecret, now(), :cores, :memoryBytes from held
           returning ${attemptColumns}`,
          {
            jobRunId: claim.jobRunId,
            claimNumber: claim.claimNumber,
            executor,
            tokenHash,
            sealedSecret,
            cores: limits.cores,
            memoryBytes: limits.memoryBytes,
          },
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
     * Assigns an attempt that has not started to a new claim and token, and records its limits and that it uses the
     * environment at this path, which prevents its removal. Undefined if the attempt has started, the claim is
     * invalid, or the environment no longer exists.
     */
    assign: (
      attemptId: string,
      claim: Claim,
      executor: string,
      {
        tokenHash,
        sealedSecret,
        environmentPath,
        limits,
      }: BootstrapCredential & { environmentPath: string; limits: HeldLimits },
    ) =>
      sql.maybeOnePrepared<AttemptRecord>(
        named(
          `${useEnvironment}
           update attempts set claim_number = :claimNumber, executor = :executor, bootstrap_token_hash = :tokenHash,
                  bootstrap_secret = :sealedSecret, environment_ready_at = now(), environment_key = used.key,
                  cores = :cores, memory_limit_bytes = :memoryBytes
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
            cores: limits.cores,
            memoryBytes: limits.memoryBytes,
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

    saveHandle: (attemptId: string, handle: NonNullable<AttemptRecord['handle']>) =>
      sql.executePrepared(
        named('update attempts set handle = :handle where id = :attemptId', { attemptId, handle }),
      ),

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
  };
}
