/**
 * Jobs whose past is loaded by backfills, in the simulated year: users create backfills and interfere with them,
 * while the schedules, single starts and refreshes go on. `backfill-model.ts` checks what must hold.
 */
import type { Site } from './site.ts';
import type { BackfillWorld } from './backfill-world.ts';
import { actOnBackfills } from './backfill-people.ts';
import { defineBackfilled, deployDefinitions } from './backfill-world.ts';
import { createBackfillModel } from './backfill-model.ts';
import { createChance } from './random.ts';
import { createEventQueue } from './event-queue.ts';
import { createJournal } from './journal.ts';
import { Crash } from './site.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

interface BackfillYear {
  seed: number;
  site: Site;
  start: number;
  days: number;
  jobs: number;
  signal: AbortSignal;
}

/** Lives a year of jobs with backfills. */
export async function liveBackfills(year: BackfillYear): Promise<ReadonlyMap<string, number>> {
  const world = createWorld(year);
  await deployBackfilled(world, year.jobs);
  const queue = createEventQueue<{ at: number; name: string; act: () => Promise<void> }>();
  const endAt = year.start + year.days * dayMs;
  const repeat = (name: string, [least, most]: [number, number], act: (number: number) => Promise<void>) => {
    const add = (number: number): void => {
      const at = world.time + world.chance.between(least, most, name, number) * minuteMs;
      const perform = async () => {
        await act(number);
        add(number + 1);
      };
      if (at <= endAt) queue.add({ at, name: `${name} ${number}`, act: perform });
    };
    add(1);
  };
  repeat('people', [20, 200], (number) => actOnBackfills(world, number));
  repeat('ends', [10, 90], (number) => endSome(world, number));
  repeat('ticks', [20, 200], (number) => lookAtTicks(world, `look ${number}`));
  repeat('audit', [600, 1440], () => auditAll(world));
  for (let event = queue.take(); event && !year.signal.aborted; event = queue.take()) {
    world.time = event.at;
    world.site.clock.now = new Date(world.time);
    world.journal.begin({ order: world.time, clock: world.time }, event.name);
    world.journal.count('steps');
    await event.act();
    await world.settle(event.name);
  }
  if (!year.signal.aborted) await finish(world);
  return world.journal.counts;
}

function createWorld({ seed, site, start }: BackfillYear): BackfillWorld {
  const chance = createChance(`${seed}/backfills`);
  const journal = createJournal(seed);
  const lane = site.createLane();
  const model = createBackfillModel(journal);
  const world: BackfillWorld = {
    chance,
    site: { ...site, ...lane },
    model,
    journal,
    time: start,
    start,
    definitions: new Map(),
    async call(about, work) {
      const server = chance.pick(lane.servers, 'server', about, world.time);
      if (!chance.happens(0.05, about, world.time, 'crash')) return work(server);
      journal.count('crashes');
      server.crashNext(chance.pick(['before-commit', 'after-commit'] as const, about, world.time));
      try {
        const result = await work(server);
        server.crashNext(null);
        return result;
      } catch (error) {
        server.crashNext(null);
        if (!(error instanceof Crash)) throw error;
        return work(chance.pick(lane.servers, about, 'again'));
      }
    },
    async settle(about) {
      await see(world);
      for (;;) {
        const moved = await advanceAll(world, about);
        const released = await world.call(`${about} release`, (server) => server.releaseQueued.release());
        await see(world);
        if (!moved && released === 0) return;
      }
    },
    async end(job, runId, status) {
      if (!job.active.has(runId)) return;
      const about = `end ${job.ref} ${job.active.get(runId)?.number}`;
      if (status === 'cancelled')
        await world.call(about, (server) => server.cancelRuns.cancelMany(site.workspaceId, [runId]));
      else {
        const failure = { code: 'exit_code', detail: 'It failed.' } as const;
        const outcome = status === 'failed' ? { status, failure } : { status };
        await site.beginRun(runId);
        await world.call(about, (server) => server.finishRun(runId, outcome));
      }
      model.end(job, runId, status);
      journal.count(`runs ${status}`);
    },
  };
  world.site.clock.now = new Date(start);
  return world;
}

async function see({ site, model }: BackfillWorld): Promise<void> {
  model.see(await site.listActive([...model.jobs.keys()]));
}

/** @returns whether anything changed */
async function advanceAll(world: BackfillWorld, about: string): Promise<boolean> {
  let isMoved = false;
  for (const [index, id] of [...world.model.backfills.keys()].entries()) {
    const advance = () =>
      world.call(`${about} advance ${index}`, (server) => server.advanceBackfills.advance(id));
    while ((await advance()) === 'moved') {
      isMoved = true;
      await see(world);
    }
  }
  return isMoved;
}

/** Deploys all jobs; those that are archived return. */
async function deployBackfilled(world: BackfillWorld, count: number): Promise<void> {
  const { site, chance, model } = world;
  for (let index = 0; index < count; index += 1) {
    const definition = defineBackfilled(chance, index, { start: world.start, version: 0 });
    world.definitions.set(String(definition['job_ref']), definition);
  }
  await deployDefinitions(world, 'first');
  const stored = await site.store.jobs.listAll(site.workspaceId);
  // Their ids differ from year to year, and the year must be reproducible.
  for (const job of stored.toSorted((one, other) => one.jobRef.localeCompare(other.jobRef))) {
    const definition = world.definitions.get(job.jobRef);
    if (!definition) continue;
    const { interval, execute } = definition as {
      interval: { start: string };
      execute: { concurrency: number | null };
    };
    model.jobs.set(job.id, {
      ref: job.jobRef,
      id: job.id,
      concurrency: execute.concurrency,
      declaredStart: Date.parse(interval.start),
      loaded: [],
      everLoaded: [],
      active: new Map(),
      isRefreshPending: false,
      epoch: 0,
      isArchived: false,
    });
  }
}

async function lookAtTicks(world: BackfillWorld, about: string): Promise<void> {
  const { site, model } = world;
  const due = await site.store.schedules.listDue(site.clock.now, 1000);
  for (const tick of due) {
    if (!model.jobs.has(tick.jobId)) continue;
    await world.call(`${about} ${tick.trigger}`, (server) => server.startRuns.startTick(tick));
    world.journal.count('ticks of jobs with backfills');
    await see(world);
  }
}

/** Ends some of the active runs, mostly well. */
async function endSome(world: BackfillWorld, number: number): Promise<void> {
  const { chance, model } = world;
  for (const job of model.jobs.values())
    for (const [runId, run] of job.active) {
      const name = `${job.ref} ${run.number} ${number}`;
      if (!chance.happens(0.6, name, 'ends')) continue;
      const fate = chance.fraction(name, 'fate');
      await world.end(job, runId, fate < 0.85 ? 'completed' : fate < 0.95 ? 'failed' : 'cancelled');
    }
}

async function auditAll(world: BackfillWorld): Promise<void> {
  const { site, model } = world;
  const jobs = await site.store.jobs.getMany([...model.jobs.keys()]);
  for (const stored of jobs) {
    const job = model.jobs.get(stored.id);
    if (!job) continue;
    const within = { start: new Date(0), end: new Date(world.time + 400 * dayMs) };
    const { completed } = await site.store.jobCoverage.read(job.id, within);
    model.audit(job, {
      completed: completed.map(([start, end]) => ({ start, end })),
      watermark: stored.completedIntervalEnd?.getTime() ?? null,
    });
  }
  await site.forgetChanges([...model.jobs.keys()]);
  world.journal.count('audits of backfills');
}

/** Lets everything that is open end: then nothing waits, and the schedule has left no gap. */
async function finish(world: BackfillWorld): Promise<void> {
  const { model, site, journal } = world;
  const read = async (id: string) =>
    (await site.servers[0]?.readBackfills.get(site.workspaceId, id))?.backfill;
  for (const job of model.jobs.values()) {
    if (!job.isArchived) continue;
    job.isArchived = false;
    await world.call('unarchive', (server) =>
      server.switchJobs.unarchive({ workspaceId: site.workspaceId, jobId: job.id }),
    );
  }
  for (let round = 0; round < 400; round += 1) {
    await lookAtTicks(world, `finish ${round}`);
    await world.settle(`finish ${round}`);
    const active = [...model.jobs.values()].flatMap((job) =>
      [...job.active.keys()].map((runId) => ({ job, runId })),
    );
    for (const { job, runId } of active) await world.end(job, runId, 'completed');
    // Before the next tick: it would take the only run of a job each time.
    await world.settle(`ends of finish ${round}`);
    let open = 0;
    for (const backfill of model.backfills.values()) {
      const stored = await read(backfill.id);
      if (stored?.status === 'paused') {
        backfill.isHeld = false;
        const scope = { workspaceId: site.workspaceId, backfillId: backfill.id };
        // A pending refresh runs first.
        if (!backfill.job.isRefreshPending)
          await world.call('resume', (server) => server.changeBackfills.resume(scope));
      }
      if (stored && stored.endedAt === null) open += 1;
      else model.backfills.delete(backfill.id);
    }
    await auditAll(world);
    if (open === 0) return;
    world.time += 7 * hourMs;
    site.clock.now = new Date(world.time);
  }
  const [left] = model.backfills.values();
  throw journal.violation(left?.job.ref ?? null, `${model.backfills.size} backfills do not end`, {
    backfill: left && (await site.servers[0]?.readBackfills.get(site.workspaceId, left.id)),
    active: left && (await site.listActive([left.job.id])),
  });
}
