import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { Site } from './site.ts';
import type { World, WorldEvent } from './world.ts';
import { arrangeMissing } from '@pumphouse/server/services/scheduling/arrange-schedules.ts';
import { act, deployAll } from './people.ts';
import { auditSchedules, auditYear } from './audit.ts';
import { beginStep, settle } from './world.ts';
import { liveBackfills } from './backfill-lane.ts';
import { createChance } from './random.ts';
import { createEventQueue } from './event-queue.ts';
import { createJobs } from './jobs.ts';
import { createJournal } from './journal.ts';
import { createModel } from './model.ts';
import { createModelClock } from './model-clock.ts';
import { createSite } from './site.ts';
import { drawLateness, inspectTicks } from './tick-looks.ts';
import { liveRun } from './run-timelines.ts';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

export interface YearOptions {
  seed: number;
  days: number;
  jobs: number;
  /** Only the jobs with backfills, which are a tenth of them. */
  onlyBackfills?: boolean;
  /** Called for each day of each lane of the workspace. */
  onDay?: (lane: number, day: number, counts: ReadonlyMap<string, number>) => void;
}

/** Short years begin just before a clock change somewhere. */
const eventfulStarts = ['2026-03-27', '2026-10-23', '2026-10-30', '2026-03-06', '2026-10-02', '2026-04-03'];

/** Independent parts of the workspace that are simulated concurrently, which is faster. */
const laneCount = 4;

/**
 * Simulates a workspace in virtual time, and checks at each step that the services' results match the model.
 * @returns counts of what happened
 * @throws {Violation} at the first mismatch
 */
export async function simulateYear(database: Database, options: YearOptions): Promise<Map<string, number>> {
  const { seed, days, jobs: count } = options;
  const chance = createChance(seed);
  const start = Date.parse(days >= 300 ? '2026-01-01' : chance.pick(eventfulStarts, 'start'));
  const workspace = createJobs(chance, { count, start, days });
  const site = await createSite(database, workspace.configuration);
  const clock = createModelClock(start - 100 * dayMs, start + (days + 70) * dayMs);
  const stopping = new AbortController();
  try {
    const lanes = Array.from({ length: laneCount }, (_, lane) => {
      // Each lane gets groups of all kinds: there are five kinds, and four lanes.
      const groups = workspace.groups.filter((_, index) => index % laneCount === lane);
      return { lane, jobs: groups.flat() };
    });
    const filling = liveBackfills({
      seed,
      site,
      start,
      days,
      jobs: Math.ceil(count / 10),
      signal: stopping.signal,
    }).catch((error: unknown) => {
      stopping.abort();
      throw error;
    });
    // It is awaited after the others.
    filling.catch(() => undefined);
    const years = await Promise.allSettled(
      lanes
        .filter(({ jobs }) => jobs.length > 0 && options.onlyBackfills !== true)
        .map(({ lane, jobs }) =>
          liveLane({ site, clock, start, options, lane, jobs, habits: workspace.habits, stopping }),
        ),
    );
    const counts = new Map<string, number>();
    for (const year of [...years, ...(await Promise.allSettled([filling]))]) {
      if (year.status === 'rejected') throw year.reason;
      for (const [what, number] of year.value) counts.set(what, (counts.get(what) ?? 0) + number);
    }
    return counts;
  } finally {
    await site.close();
  }
}

async function liveLane({
  site,
  clock,
  start,
  options: { seed, days, onDay },
  lane,
  stopping,
  ...lived
}: Pick<World, 'jobs' | 'habits' | 'clock'> & {
  site: Site;
  start: number;
  options: YearOptions;
  lane: number;
  stopping: AbortController;
}): Promise<ReadonlyMap<string, number>> {
  const endAt = start + days * dayMs;
  const ids = new Map<string, string>();
  const refs = new Map<string, string>();
  const world: World = {
    ...lived,
    chance: createChance(`${seed}/${lane}`),
    module: `lane${lane}`,
    site: { ...site, ...site.createLane() },
    clock,
    model: createModel(clock),
    journal: createJournal(seed),
    queue: createEventQueue<WorldEvent>(),
    time: start,
    offset: 0,
    downUntil: start,
    jobIds: [],
    refOf: (jobId) => refs.get(jobId),
    idOf: (ref) => ids.get(ref) ?? ref,
    onStart: (run) => liveRun(world, run),
  };
  try {
    await deployAll(world, 'first');
    for (const job of await site.store.jobs.listAll(site.workspaceId)) {
      if (!world.model.jobs.has(job.jobRef)) continue;
      ids.set(job.jobRef, job.id);
      refs.set(job.id, job.jobRef);
    }
    world.jobIds = [...refs.keys()];
    addHappenings(world, endAt, (day, counts) => onDay?.(lane, day, counts));
    await live(world, endAt, stopping.signal);
    // If another lane has failed, this one stopped at an arbitrary point, and the error is already known.
    if (!stopping.signal.aborted) await auditYear(world);
    return world.journal.counts;
  } catch (error) {
    stopping.abort();
    throw error;
  }
}

/** Processes events until the end. */
async function live(world: World, endAt: number, signal: AbortSignal): Promise<void> {
  let nobodyLooksUntil = 0;
  while (!signal.aborted) {
    const event = world.queue.peek();
    const dueAt = world.model.nextDueAt();
    const lookAt =
      dueAt === null
        ? Infinity
        : Math.max(dueAt - world.offset + drawLateness(world, dueAt), world.time, nobodyLooksUntil);
    const isEvent = event !== undefined && event.at <= lookAt;
    const at = Math.max(world.time, world.downUntil, isEvent ? event.at : lookAt);
    if (at > endAt) return;
    world.time = at;
    if (isEvent) await world.queue.take()?.act();
    else nobodyLooksUntil = world.time + (await inspectTicks(world));
  }
}

function addHappenings(
  world: World,
  endAt: number,
  onDay: (day: number, counts: ReadonlyMap<string, number>) => void,
): void {
  repeat(world, endAt, 'people', [30, 700], (number) => act(world, number));
  repeat(world, endAt, 'clock', [6 * 60, 9 * 24 * 60], (number) => stepClock(world, number));
  repeat(world, endAt, 'outage', [24 * 60, 16 * 24 * 60], (number) => stopAll(world, number));
  repeat(world, endAt, 'audit', [24 * 60, 24 * 60], async (number) => {
    await auditSchedules(world);
    onDay(number, world.journal.counts);
  });
}

/** Repeats an event after random minutes. */
function repeat(
  world: World,
  endAt: number,
  name: string,
  [least, most]: readonly [number, number],
  happen: (number: number) => Promise<void>,
): void {
  const add = (number: number): void => {
    const at = world.time + world.chance.between(least, most, name, number) * minuteMs;
    if (at > endAt) return;
    world.queue.add({
      at,
      name: `${name} ${number}`,
      act: async () => {
        await happen(number);
        add(number + 1);
      },
    });
  };
  add(1);
}

/** Changes the clock by minutes or hours, more often than not towards the correct time. */
async function stepClock(world: World, number: number): Promise<void> {
  const { chance } = world;
  const size = chance.happens(0.5, 'clock', number)
    ? chance.between(1, 50, 'clock by', number) * minuteMs
    : chance.between(1, 7, 'clock by', number) * hourMs;
  const isHome = chance.happens(0.3, 'clock home', number);
  const isBack = chance.happens(world.offset > 0 ? 0.7 : 0.3, 'clock back', number);
  world.offset = isHome ? 0 : world.offset + (isBack ? -size : size);
  beginStep(world, 'the clock is set');
  world.journal.count('clock steps');
}

/** No server runs for minutes or days. The first one afterwards creates the missing schedules. */
async function stopAll(world: World, number: number): Promise<void> {
  const { chance, site, journal } = world;
  const forMs = chance.happens(0.7, 'outage', number)
    ? chance.between(1, 300, 'outage for', number) * minuteMs
    : chance.between(5, 80, 'outage for', number) * hourMs;
  world.downUntil = world.time + forMs;
  journal.count('outages');
  world.queue.add({
    at: world.downUntil,
    name: `outage ${number} end`,
    act: async () => {
      beginStep(world, 'a server starts');
      await arrangeMissing(site.persistence, async () => site.clock.now);
      await settle(world, []);
    },
  });
}
