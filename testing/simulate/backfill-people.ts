import type { BackfillWorld } from './backfill-world.ts';
import type { LoadedBackfill, LoadedJob } from './backfill-model.ts';
import { ServiceError } from '@pumphouse/server/platform/service-error.ts';
import { defineBackfilled, deployDefinitions } from './backfill-world.ts';

const dayMs = 24 * 3_600_000;

/** Errors that a user gets because of the state of a job or backfill. */
const refusals = new Set([
  'nothing_to_backfill',
  'nothing_to_invalidate',
  'nothing_to_retry',
  'nothing_to_skip',
  'backfill_state',
  'too_many_backfills',
  'job_refreshes',
  'job_archived',
  'start_declined',
]);

/** Simulates one action of a user on a job with backfills. */
export async function actOnBackfills(world: BackfillWorld, number: number): Promise<void> {
  const { chance, model } = world;
  const about = `person ${number}`;
  const job = chance.pick([...model.jobs.values()], about, 'job');
  const kind = chance.fraction(about, 'kind');
  const act = () => {
    if (kind < 0.3) return create(world, job, about);
    if (kind < 0.7) return interfere(world, about);
    if (kind < 0.8) return invalidate(world, job, about);
    if (kind < 0.92) return startByHand(world, job, about);
    if (kind < 0.96) return archive(world, job, about);
    return changeSchedule(world, job, number);
  };
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ServiceError) || !refusals.has(error.code)) throw error;
    world.journal.count(`refused: ${error.code}`);
  }
}

function drawRange({ chance, time }: BackfillWorld, job: LoadedJob, about: string) {
  const days = Math.ceil((time - job.declaredStart) / dayMs) + 2;
  const start = job.declaredStart + chance.between(-2, days, about, 'from') * dayMs;
  return { start: new Date(start), end: new Date(start + chance.between(1, 40, about, 'days') * dayMs) };
}

async function create(world: BackfillWorld, job: LoadedJob, about: string): Promise<void> {
  const { chance, site, model, journal } = world;
  const mode = chance.pick(['missing', 'missing', 'missing', 'failed', 'all'] as const, about, 'mode');
  const parallel = chance.between(1, 4, about, 'parallel');
  const request = {
    workspaceId: site.workspaceId,
    membershipId: site.membershipId,
    jobId: job.id,
    ...drawRange(world, job, about),
    mode,
    chunkTicks: chance.pick([1, 1, 2, 7], about, 'chunk'),
    newestFirst: chance.happens(0.3, about, 'order'),
    parallel,
    profile: null,
    priority: null,
    maxFailures: chance.happens(0.3, about, 'failures') ? 2 : null,
  };
  // A call whose answer is lost has created a backfill: it is found by its id.
  await world
    .call(about, (server) => server.createBackfills.create(request))
    .catch((error: unknown) => {
      if (!(error instanceof ServiceError) || error.code !== 'nothing_to_backfill') throw error;
    });
  const page = { limit: 100, offset: 0 };
  const found = await site.servers[0]?.readBackfills.list(
    site.workspaceId,
    { jobId: job.id, isLive: true },
    page,
  );
  for (const { backfill } of found?.items ?? []) {
    const { id, mode: ofBackfill, parallel: share } = backfill;
    if (model.backfills.has(id)) continue;
    model.backfills.set(id, { id, job, mode: ofBackfill, parallel: share, isHeld: false });
    journal.note(job.ref, `a backfill is created`);
    journal.count('backfills');
  }
}

async function interfere(world: BackfillWorld, about: string): Promise<void> {
  const { chance, model } = world;
  const all = [...model.backfills.values()];
  if (all.length === 0) return;
  // Mostly a late one: early ones have ended.
  const backfill = chance.happens(0.7, about, 'late')
    ? chance.pick(all.slice(-4), about, 'backfill')
    : chance.pick(all, about, 'any');
  const kind = chance.fraction(about, 'what');
  try {
    if (kind < 0.2) await pauseOrResume(world, backfill, about);
    else if (kind < 0.35) await cancel(world, backfill, about);
    else if (kind < 0.65) await retryOrSkip(world, backfill, about);
    else await changeParallel(world, backfill, about);
  } finally {
    const stored = await world.site.store.backfills.find(backfill.id);
    // A pause that the server has decided ends with a retry, that of a user does not.
    backfill.isHeld =
      stored?.pauseReason === 'user' || stored?.status === 'cancelling' || stored?.status === 'cancelled';
  }
}

async function changeParallel(world: BackfillWorld, backfill: LoadedBackfill, about: string): Promise<void> {
  const { chance } = world;
  const parallel = chance.between(1, 5, about, 'parallel');
  await world.call(about, (server) => server.changeBackfills.change(scopeOf(world, backfill), { parallel }));
  backfill.parallel = parallel;
}

const scopeOf = ({ site }: BackfillWorld, { id }: LoadedBackfill) => ({
  workspaceId: site.workspaceId,
  backfillId: id,
});

async function pauseOrResume(world: BackfillWorld, backfill: LoadedBackfill, about: string): Promise<void> {
  const action = backfill.isHeld ? 'resume' : 'pause';
  await world.call(about, (server) => server.changeBackfills[action](scopeOf(world, backfill)));
  world.journal.count(`backfills: ${action}`);
}

async function cancel(world: BackfillWorld, backfill: LoadedBackfill, about: string): Promise<void> {
  const { chance, model, site, journal } = world;
  const isRunningToo = chance.happens(0.5, about, 'running');
  await world.call(about, (server) => server.changeBackfills.cancel(scopeOf(world, backfill), isRunningToo));
  backfill.isHeld = true;
  journal.count('backfills cancelled');
  const active = new Set((await site.listActive([...model.jobs.keys()])).map(({ runId }) => runId));
  for (const [runId, run] of backfill.job.active)
    if (run.backfillId === backfill.id && !active.has(runId)) model.end(backfill.job, runId, 'cancelled');
}

async function retryOrSkip(world: BackfillWorld, backfill: LoadedBackfill, about: string): Promise<void> {
  const { chance, site, journal } = world;
  const options = { after: 0, limit: 1000, statuses: null };
  const windows = await site.store.backfillWindows.list(backfill.id, options);
  const numbers = windows.map(({ number }) => number).filter((number) => chance.happens(0.3, about, number));
  if (chance.happens(0.4, about, 'skip')) {
    if (numbers.length === 0) return;
    await world.call(about, (server) => server.changeBackfills.skip(scopeOf(world, backfill), numbers));
    journal.count('windows skipped', numbers.length);
    return;
  }
  const isAll = numbers.length === 0 || chance.happens(0.5, about, 'all');
  await world.call(about, (server) =>
    server.changeBackfills.retry(scopeOf(world, backfill), isAll ? null : numbers),
  );
  journal.count('retries of windows');
}

async function invalidate(world: BackfillWorld, job: LoadedJob, about: string): Promise<void> {
  const range = { ...drawRange(world, job, about), reason: 'wrong' };
  const { start, end } = await world.call(about, (server) =>
    server.jobWindows.invalidate(world.site.workspaceId, job.id, range),
  );
  world.model.invalidate(job, { start: start.getTime(), end: end.getTime() });
  world.journal.count('invalidations');
}

async function startByHand(world: BackfillWorld, job: LoadedJob, about: string): Promise<void> {
  const { chance, site } = world;
  const refresh = chance.happens(0.25, about, 'refresh');
  const { triggers } = world.definitions.get(job.ref) as { triggers: string[] };
  const trigger = chance.happens(0.5, about) ? (triggers[0] ?? '') : `manual:${job.ref}`;
  world.journal.note(job.ref, `is started by ${trigger}${refresh ? ' with refresh' : ''}`);
  await world.call(about, (server) =>
    server.startRuns.createRun({
      workspaceId: site.workspaceId,
      membershipId: site.membershipId,
      jobId: job.id,
      trigger,
      profile: null,
      refresh,
      skipFreshness: false,
      mode: 'always',
    }),
  );
}

/** A pause of the backfills follows. Pending runs are cancelled. */
async function archive(world: BackfillWorld, job: LoadedJob, about: string): Promise<void> {
  const { site, model } = world;
  const scope = { workspaceId: site.workspaceId, jobId: job.id };
  world.journal.note(job.ref, job.isArchived ? 'is brought back' : 'is archived');
  if (job.isArchived) await world.call(about, (server) => server.switchJobs.unarchive(scope));
  else await world.call(about, (server) => server.switchJobs.archive(scope));
  job.isArchived = !job.isArchived;
  const active = new Set((await site.listActive([...model.jobs.keys()])).map(({ runId }) => runId));
  for (const runId of job.active.keys()) if (!active.has(runId)) model.end(job, runId, 'cancelled');
}

/** The windows of open backfills are those of another schedule then. */
async function changeSchedule(world: BackfillWorld, job: LoadedJob, number: number): Promise<void> {
  if ([...world.model.jobs.values()].some(({ isArchived }) => isArchived)) return;
  const index = Number(/\d+$/.exec(job.ref)?.[0]);
  const changed = defineBackfilled(world.chance, index, { start: world.start, version: number });
  world.definitions.set(job.ref, changed);
  world.journal.note(job.ref, `gets another schedule: ${JSON.stringify(changed['triggers'])}`);
  await deployDefinitions(world, `change ${number}`);
}
