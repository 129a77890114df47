import type { Queryable } from '../pool.ts';
import type { Claim } from './claim.ts';
import type { FailureReason } from '../../../domain/runs/failure-reason.ts';
import { columns } from '../statements/columns.ts';

export interface AttemptExit {
  code: number | null;
  signal: string | null;
  outOfMemory: 'limit' | 'machine' | null;
  /** Not there in what an earlier version stored. */
  processLimitReached?: boolean;
  peakMemoryBytes: number | null;
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
  handle: { executor: string; version: number; data: Record<string, unknown> } | null;
  begunBy: string | null;
  begunAt: Date | null;
  spoolOffset: number;
  logBytes: number;
  logLines: number;
  logSealed: boolean;
  /** When retention removed the log; null while it is there. */
  logRemovedAt: Date | null;
  beaconCount: number;
  beaconBytes: number;
  exit: AttemptExit | null;
  /** Null also where it did not fail, and where another one took its place before it began. */
  failure: AttemptFailure | null;
  /** What its code left that tells why it failed; null where the failure's code says all that is known. */
  reason: FailureReason | null;
  createdAt: Date;
  /** When its Python environment was there; null before, and of attempts of older servers. */
  environmentReadyAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** When it was decided what its end means for the run; from then on it decides nothing. */
  closedAt: Date | null;
}

/** What an attempt's bootstrap is known by. */
export interface BootstrapCredential {
  tokenHash: Uint8Array;
  /** Null only of an attempt that the release before this one has started. */
  sealedSecret: Uint8Array | null;
}

/** How long the log of a run is. */
export interface LogExtent {
  jobRunId: string;
  /** Of all attempts. */
  lineCount: number;
  /** The run is over: no line comes any more. */
  isComplete: boolean;
}

/** What the end of an attempt means for its run. */
export interface AttemptEnd extends Pick<AttemptRecord, 'failure' | 'reason'> {
  seen: AttemptExit | null;
}

/** How far an attempt's spool is stored. */
export interface SpoolProgress {
  spoolOffset: number;
  logBytes: number;
  logLines: number;
  beaconCount: number;
  beaconBytes: number;
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
  'exit',
  'failure',
  'reason',
  'created_at',
  'environment_ready_at',
  'started_at',
  'finished_at',
  'closed_at',
]);

export type AttemptStore = ReturnType<typeof createAttemptStore>;

/** Attempts of job runs, and how far what they said is stored. */
export function createAttemptStore(sql: Queryable) {
  const latest = (jobRunId: string) =>
    sql.maybeOne<AttemptRecord>(
      `select ${attemptColumns} from attempts where job_run_id = $1 order by number desc limit 1`,
      [jobRunId],
    );

  /** The attempt that a run is at; undefined before its first, and between two. */
  async function findOpen(jobRunId: string): Promise<AttemptRecord | undefined> {
    const attempt = await latest(jobRunId);
    return attempt?.closedAt ? undefined : attempt;
  }

  return {
    /**
     * The next attempt of a run under a claim that holds, whose environment is there; undefined when it does not. Attempts of earlier claims that have not begun
     * never will: they are closed.
     */
    insert: (claim: Claim, executor: string, { tokenHash, sealedSecret }: BootstrapCredential) =>
      sql.maybeOne<AttemptRecord>(
        `with held as (select id from job_runs where id = $1 and claim_number = $2 and status = 'starting'),
              superseded as (
                update attempts set closed_at = now(), finished_at = coalesce(finished_at, now())
                  from held where job_run_id = held.id and closed_at is null and begun_at is null)
         insert into attempts (job_run_id, number, claim_number, executor, bootstrap_token_hash, bootstrap_secret, environment_ready_at)
         select id, coalesce((select max(number) from attempts where job_run_id = $1), 0) + 1, $2, $3, $4, $5, now() from held
         returning ${attemptColumns}`,
        [claim.jobRunId, claim.claimNumber, executor, tokenHash, sealedSecret],
      ),

    /**
     * The attempt that a run is at, made where there is none: a log needs an attempt before an executor does, since the lines of an
     * environment build come first. Undefined when the run has ended.
     */
    ensureOpen: async (jobRunId: string, executor: string) => {
      await sql.execute(
        `insert into attempts (job_run_id, number, claim_number, executor)
         select job_runs.id, coalesce(latest.number, 0) + 1, 0, $2
           from job_runs left join lateral (
                  select number, closed_at from attempts where job_run_id = $1 order by number desc limit 1) as latest on true
          where job_runs.id = $1 and job_runs.status in ('pending', 'starting')
            and (latest.number is null or latest.closed_at is not null)
         on conflict (job_run_id, number) do nothing`,
        [jobRunId, executor],
      );
      return findOpen(jobRunId);
    },

    /** The run of an attempt that was made for its log, while the run waited, is prepared from now on. */
    restart: (attemptId: string) =>
      sql.execute('update attempts set created_at = now() where id = $1 and environment_ready_at is null', [
        attemptId,
      ]),

    findOpen,

    /** Gives an attempt that has not begun, and whose environment is there, to a new claim and token; undefined when it has begun or the claim does not hold. */
    assign: (
      attemptId: string,
      claim: Claim,
      executor: string,
      { tokenHash, sealedSecret }: BootstrapCredential,
    ) =>
      sql.maybeOne<AttemptRecord>(
        `update attempts set claim_number = $3, executor = $4, bootstrap_token_hash = $5, bootstrap_secret = $6, environment_ready_at = now()
           from job_runs
          where attempts.id = $1 and attempts.begun_at is null and attempts.bootstrap_token_hash is null
            and job_runs.id = $2 and attempts.job_run_id = job_runs.id
            and job_runs.claim_number = $3 and job_runs.status = 'starting'
        returning ${attemptColumns}`,
        [attemptId, claim.jobRunId, claim.claimNumber, executor, tokenHash, sealedSecret],
      ),

    async get(attemptId: string) {
      const text = `select ${attemptColumns} from attempts where id = $1`;
      const [row] = await sql.prepared<AttemptRecord>(text, [attemptId]);
      return row;
    },

    async lock(attemptId: string) {
      const text = `select ${attemptColumns} from attempts where id = $1 for update`;
      const [row] = await sql.prepared<AttemptRecord>(text, [attemptId]);
      return row;
    },

    /** Where an attempt runs, while it does: undefined once it is over, its run is, or the run has a later one. */
    async findLive(attemptId: string): Promise<{ workspaceId: string; jobRunId: string } | undefined> {
      const text = `select job_runs.workspace_id as "workspaceId", job_runs.id as "jobRunId"
         from attempts join job_runs on job_runs.id = attempts.job_run_id
        where attempts.id = $1 and attempts.closed_at is null and attempts.finished_at is null and job_runs.finished_at is null
          and not exists (select from attempts later where later.job_run_id = job_runs.id and later.number > attempts.number)`;
      const [row] = await sql.prepared<{ workspaceId: string; jobRunId: string }>(text, [attemptId]);
      return row;
    },

    /** An attempt without a secret, as the release before this one started them, whose bootstrap was let in. */
    findByToken: (attemptId: string, tokenHash: Uint8Array) =>
      sql.maybeOne<AttemptRecord>(
        `select ${attemptColumns} from attempts
          where id = $1 and bootstrap_token_hash = $2 and bootstrap_secret is null and begun_at is not null`,
        [attemptId, tokenHash],
      ),

    /** An attempt that has a secret, and that secret as it is stored. */
    async findWithSecret(attemptId: string) {
      const text = `select ${attemptColumns}, bootstrap_secret as "sealedSecret" from attempts
                     where id = $1 and bootstrap_secret is not null`;
      const [row] = await sql.prepared<AttemptRecord & { sealedSecret: Uint8Array }>(text, [attemptId]);
      return row;
    },

    latest,

    listOfRun: (jobRunId: string) =>
      sql.query<AttemptRecord>(
        `select ${attemptColumns} from attempts where job_run_id = $1 order by number`,
        [jobRunId],
      ),

    /** How long the logs of runs are, each as `layOutLog` (domain) counts it; nothing for a run that is not there. */
    measureLogs: (jobRunIds: readonly string[]) =>
      sql.prepared<LogExtent>(
        `select job_runs.id as "jobRunId", job_runs.finished_at is not null as "isComplete",
                case when job_runs.skip is not null then 1
                else coalesce(sum(case when attempts.log_removed_at is null then attempts.log_lines else 1 end), 0)::int8
                end as "lineCount"
           from job_runs left join attempts on attempts.job_run_id = job_runs.id
          where job_runs.id = any($1::uuid[]) group by job_runs.id`,
        [jobRunIds],
      ),

    saveHandle: (attemptId: string, handle: NonNullable<AttemptRecord['handle']>) =>
      sql.execute('update attempts set handle = $2 where id = $1', [attemptId, handle]),

    /** Lets a bootstrap in: once for an attempt, and again for the same process when the answer got lost. */
    async begin(attemptId: string, nonce: string) {
      const touched = await sql.execute(
        `update attempts set begun_by = $2, begun_at = coalesce(begun_at, now())
          where id = $1 and (begun_by is null or begun_by = $2)`,
        [attemptId, nonce],
      );
      return touched === 1;
    },

    saveProgress: (attemptId: string, progress: SpoolProgress) =>
      sql.execute(
        `update attempts set spool_offset = $2, log_bytes = $3, log_lines = $4, beacon_count = $5, beacon_bytes = $6 where id = $1`,
        [
          attemptId,
          progress.spoolOffset,
          progress.logBytes,
          progress.logLines,
          progress.beaconCount,
          progress.beaconBytes,
        ],
      ),

    saveStarted: (attemptId: string, startedAt: Date) =>
      sql.execute('update attempts set started_at = coalesce(started_at, $2) where id = $1', [
        attemptId,
        startedAt,
      ]),

    saveExit: (attemptId: string, exit: AttemptExit, finishedAt: Date) =>
      sql.execute('update attempts set exit = $2, finished_at = $3 where id = $1 and exit is null', [
        attemptId,
        exit,
        finishedAt,
      ]),

    /** Of the attempts of a run, those that failed. */
    countFailed: async (jobRunId: string) => {
      const { count } = await sql.one<{ count: number }>(
        'select count(*)::int as count from attempts where job_run_id = $1 and failure is not null',
        [jobRunId],
      );
      return count;
    },

    /** @param end.seen what others have seen of its end; its own record of it counts more */
    close: (attemptId: string, { failure, reason, seen }: AttemptEnd) =>
      sql.execute(
        `update attempts set closed_at = now(), finished_at = coalesce(finished_at, now()), failure = $2, reason = $4,
                exit = coalesce(exit, $3) where id = $1 and closed_at is null`,
        [attemptId, failure, seen, reason],
      ),

    /** @param storedBytes of the packed log on the disk; null where there is none */
    markSealed: (attemptId: string, storedBytes: number | null) =>
      sql.execute('update attempts set log_sealed = true, log_stored_bytes = $2 where id = $1', [
        attemptId,
        storedBytes,
      ]),
  };
}
