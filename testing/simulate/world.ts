import type { Chance } from './random.ts';
import type { EventQueue } from './event-queue.ts';
import type { Expectation, Model } from './model.ts';
import type { ModelClock } from './model-clock.ts';
import type { Journal } from './journal.ts';
import type { Lane, Site, SimulatedServer } from './site.ts';
import type { JobHabits, SentJob } from './jobs.ts';
import { checkChanges } from './check-changes.ts';
import { Crash } from './site.ts';

/** Something that happens at a moment of its own. */
export interface WorldEvent {
  at: number;
  name: string;
  act: () => Promise<void>;
}

/** All that the parts of a simulated year share. Its time goes forward only; the clock by which is decided is off by `offset`. */
export interface World {
  chance: Chance;
  /** Of the deploys of all its jobs. */
  module: string;
  site: Site & Lane;
  model: Model;
  clock: ModelClock;
  journal: Journal;
  queue: EventQueue<WorldEvent>;
  jobs: readonly SentJob[];
  habits: ReadonlyMap<string, JobHabits>;
  time: number;
  offset: number;
  /** No server is there until then. */
  downUntil: number;
  jobIds: readonly string[];
  /** Undefined for jobs of others. */
  refOf: (jobId: string) => string | undefined;
  idOf: (ref: string) => string;
  /** Told of each run that starts. */
  onStart: (run: { ref: string; runId: string; number: number }) => void;
}

export function clockOf(world: World): number {
  return world.time + world.offset;
}

/** Says what comes next, and sets the clock of the servers. */
export function beginStep(world: World, text: string): void {
  const clock = clockOf(world);
  world.site.clock.now = new Date(clock);
  world.journal.begin({ order: world.time, clock }, text);
  world.journal.count('steps');
}

/** Compares what the database shows now with what must be there, and lets the runs that started live. */
export async function settle(world: World, expected: readonly Expectation[]): Promise<void> {
  const { site, model, journal } = world;
  const changes = await site.takeChanges(world.jobIds);
  const watched = {
    model,
    journal,
    refOf: (jobId: string) => world.refOf(jobId) ?? jobId,
    clock: clockOf(world),
  };
  for (const run of checkChanges(watched, expected, changes)) world.onStart(run);
}

/** One of the servers. */
export function pickServer(world: World, ...about: readonly (string | number)[]): SimulatedServer {
  return world.chance.pick(world.site.servers, 'server', ...about);
}

/**
 * Does something on a server, which may crash on the way and is then asked again by another one: a person clicks again, a supervisor
 * takes over. What was committed before the crash holds.
 */
export async function withCrashes<T>(
  world: World,
  about: string,
  call: (server: SimulatedServer) => Promise<T>,
): Promise<T> {
  const { chance, site, journal } = world;
  const server = pickServer(world, about);
  if (!chance.happens(0.03, about, 'crash')) return call(server);
  journal.count('crashes');
  server.crashNext('before-commit');
  try {
    await call(server);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  } finally {
    server.crashNext(null);
  }
  return call(chance.pick(site.servers, about, 'again'));
}
