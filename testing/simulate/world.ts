import type { Chance } from './random.ts';
import type { EventQueue } from './event-queue.ts';
import type { Expectation, Model } from './model.ts';
import type { ModelClock } from './model-clock.ts';
import type { Journal } from './journal.ts';
import type { Lane, Site, SimulatedServer } from './site.ts';
import type { JobHabits, SentJob } from './jobs.ts';
import { checkChanges } from './check-changes.ts';
import { Crash } from './site.ts';

/** An event at a specific time. */
export interface WorldEvent {
  at: number;
  name: string;
  act: () => Promise<void>;
}

/**
 * State shared by all parts of a simulated year. Its time only moves forward; the clock used for decisions is
 * off by `offset`.
 */
export interface World {
  chance: Chance;
  /** Name of the module in all its deploys. */
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
  /** No server runs until then. */
  downUntil: number;
  jobIds: readonly string[];
  /** Undefined for jobs of other worlds. */
  refOf: (jobId: string) => string | undefined;
  idOf: (ref: string) => string;
  /** Called for each run that starts. */
  onStart: (run: { ref: string; runId: string; number: number }) => void;
}

export function clockOf(world: World): number {
  return world.time + world.offset;
}

/** Records the next step, and sets the servers' clock. */
export function beginStep(world: World, text: string): void {
  const clock = clockOf(world);
  world.site.clock.now = new Date(clock);
  world.journal.begin({ order: world.time, clock }, text);
  world.journal.count('steps');
}

/** Compares the database with the expectations, and lets the started runs proceed. */
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
 * Calls a server that may crash during the call; then another one is called: a user clicks again, a
 * supervisor takes over. What was committed before the crash stays.
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
