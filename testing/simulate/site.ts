import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { Clock } from '@pumphouse/server/services/scheduling/clock.ts';
import type { Persistence, Store } from '@pumphouse/server/store/store.ts';
import type { RunSkip } from '@pumphouse/server/store/postgres/runs/job-run-record.ts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServices } from '@pumphouse/server/services/create-services.ts';
import { createTestPorts } from '@pumphouse/server/services/testing/test-ports.ts';
import { buildArchive } from '../fixtures/workspace-archive.ts';

/** A simulated crash of a server. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/**
 * Where a server crashes: before its transaction is committed, or after, so that the caller gets no result.
 */
type CrashPoint = 'before-commit' | 'after-commit';

/** A run as stored in the database. */
export interface RunRow {
  runId: string;
  jobId: string;
  number: number;
  status: string;
  trigger: string;
  tickAt: Date | null;
  refresh: boolean;
  intervalStart: Date | null;
  intervalEnd: Date | null;
  previousJobRunId: string | null;
  skip: RunSkip | null;
}

/** A run that is active, as a backfill is concerned with it. */
export interface ActiveRow {
  runId: string;
  jobId: string;
  number: number;
  isQueued: boolean;
  refresh: boolean;
  start: Date | null;
  end: Date | null;
  backfillId: string | null;
  window: number | null;
  round: number | null;
}

/** A change of a row of job runs, as it was committed. */
export interface RowChange extends RunRow {
  /** Increases; within a job in the order of the changes. */
  seq: number;
  kind: 'insert' | 'update';
  statusBefore: string | null;
}

export type Site = Awaited<ReturnType<typeof createSite>>;
export type Lane = ReturnType<Site['createLane']>;
export type SimulatedServer = Lane['servers'][number];

const serverCount = 3;

/**
 * Creates a workspace in its own organization, in a real database.
 * @param options.isWatched true for only one site of a database
 */
export async function createSite(
  database: Database,
  configuration: string,
  { isWatched = true }: { isWatched?: boolean } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-simulation-'));
  const ports = createTestPorts(database, folder);
  const { persistence } = ports;
  const context = await createWorkspace(persistence.store);
  await upload();
  if (isWatched) await watchRows(database);

  async function upload(): Promise<void> {
    const { uploadPackage: uploads } = createServices(ports);
    const { userId, email, workspaceId } = context;
    const principal = { userId, email, credential: null, workspaceId: null, kind: 'user' as const };
    const grant = { principal, workspaceId };
    const archivePath = join(folder, 'deployment.tar.gz');
    await writeFile(archivePath, buildArchive({ 'load.py': '' }));
    await uploads.uploadDeployment({
      grant: { ...grant, kind: 'deployment', uploadId: randomUUID() },
      archivePath,
      requirements: {
        engine_version: 2,
        python_version: '3.12',
        default_groups: ['main'],
        groups: { main: ['requests==2.32.0'] },
      },
      requirementsSizeBytes: 2,
    });
    await uploads.uploadConfiguration({
      grant: { ...grant, kind: 'configuration', uploadId: randomUUID() },
      archive: buildArchive({ 'config.toml': configuration }),
    });
  }

  function createServer(clock: Clock) {
    const { breakable, crashNext } = createBreakable(persistence);
    return {
      crashNext,
      persistence: breakable,
      ...createServices({ ...ports, persistence: breakable, clock }),
    };
  }

  return {
    ...context,
    persistence,
    store: persistence.store,

    /** Several servers that share one clock, the database's, with their own jobs. */
    createLane() {
      const clock = { now: new Date(0) };
      return {
        clock,
        servers: Array.from({ length: serverCount }, () => createServer(async () => clock.now)),
      };
    },

    /** Committed changes of these jobs' runs since the last call, in order. */
    async takeChanges(jobIds: readonly string[]): Promise<RowChange[]> {
      const rows = await database.prepared<RowChange>(
        `delete from observed where job_id = any($1)
         returning seq, kind, status_before as "statusBefore", ${rowColumns}`,
        [jobIds],
      );
      return rows.sort((a, b) => a.seq - b.seq);
    },

    /** What a supervisor does when user code begins. */
    beginRun: (jobRunId: string) =>
      database.execute(`update job_runs set status = 'running' where id = $1 and status = 'pending'`, [
        jobRunId,
      ]),

    listSchedules: (jobIds: readonly string[]) =>
      database.query<{ jobId: string; trigger: string; nextTickAt: Date | null }>(
        'select job_id as "jobId", trigger, next_tick_at as "nextTickAt" from schedules where job_id = any($1)',
        [jobIds],
      ),

    listRuns: (jobIds: readonly string[]) =>
      database.query<RunRow>(
        `select ${rowColumns} from job_runs where job_id = any($1) order by job_id, number`,
        [jobIds],
      ),

    listActive: (jobIds: readonly string[]) =>
      database.query<ActiveRow>(
        `select id as "runId", job_id as "jobId", number, is_queued as "isQueued", refresh, interval_start as "start",
                interval_end as "end", backfill_id as "backfillId", backfill_window as window, backfill_round as round
           from job_runs where job_id = any($1) and status in ('pending', 'starting', 'running', 'cancelling')`,
        [jobIds],
      ),

    /** Changes of runs that nothing else looks at. */
    forgetChanges: (jobIds: readonly string[]) =>
      database.execute('delete from observed where job_id = any($1)', [jobIds]),

    async close(): Promise<void> {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createWorkspace(store: Store) {
  const organization = await store.people.createOrganization({ name: 'Acme', dataplaneId: 'local' });
  const { id: organizationId } = organization;
  const workspace = await store.workspaces.create({ organizationId, name: 'Year', description: null });
  const email = `${randomUUID()}@example.com`;
  const user = await store.people.createUser({ email, kind: 'human', passwordHash: null });
  const membership = await store.people.addMember(organizationId, user.id, 'owner');
  await store.workspaces.addMember(workspace.id, membership.id, 'owner');
  return { workspaceId: workspace.id, membershipId: membership.id, userId: user.id, email };
}

/** A persistence whose next transaction can be made to crash. */
function createBreakable(persistence: Persistence) {
  let crashPoint: CrashPoint | null = null;
  const breakable: Persistence = {
    ...persistence,
    async transaction(work, options) {
      const point = crashPoint;
      crashPoint = null;
      const result = await persistence.transaction(async (store) => {
        const value = await work(store);
        if (point === 'before-commit') throw new Crash('before the commit');
        return value;
      }, options);
      if (point === 'after-commit') throw new Crash('after the commit');
      return result;
    },
  };
  return { breakable, crashNext: (point: CrashPoint | null) => void (crashPoint = point) };
}

const rowColumns = `id as "runId", job_id as "jobId", number, status, trigger, tick_at as "tickAt", refresh,
  interval_start as "intervalStart", interval_end as "intervalEnd", previous_job_run_id as "previousJobRunId", skip`;

/**
 * Makes the database record each committed start, end and skip, so that none is missed, whatever caused it.
 */
async function watchRows(database: Database): Promise<void> {
  await database.execute(`create unlogged table observed as
    select 0::bigint as seq, ''::text as kind, ''::text as status_before, job_runs.* from job_runs with no data`);
  await database.execute('create sequence observed_seq');
  await database.execute(`create function observe() returns trigger language plpgsql as $$ begin
    if tg_op = 'INSERT' then
      insert into observed select nextval('observed_seq'), 'insert', null, new.*;
    elsif (new.status <> old.status and new.status not in ('running', 'cancelling')) or new.skip is distinct from old.skip then
      insert into observed select nextval('observed_seq'), 'update', old.status, new.*;
    end if;
    return null;
  end $$`);
  await database.execute(
    'create trigger observe after insert or update on job_runs for each row execute function observe()',
  );
}
