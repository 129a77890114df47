import type { Chance } from './random.ts';
import type { createBackfillModel, LoadedJob } from './backfill-model.ts';
import type { Journal } from './journal.ts';
import type { Lane, Site, SimulatedServer } from './site.ts';

const dayMs = 24 * 3_600_000;

/** The state shared by the parts of this lane. */
export interface BackfillWorld {
  chance: Chance;
  site: Site & Lane;
  model: ReturnType<typeof createBackfillModel>;
  journal: Journal;
  time: number;
  start: number;
  definitions: Map<string, object>;
  /** Calls one of the servers, which may crash in the first transaction of the call; then another one. */
  call: <T>(about: string, work: (server: SimulatedServer) => Promise<T>) => Promise<T>;
  /** Lets the servers do what follows, and checks it. */
  settle: (about: string) => Promise<void>;
  end: (job: LoadedJob, runId: string, status: 'completed' | 'failed' | 'cancelled') => Promise<void>;
}

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
const triggers = [
  'schedule:0 6 * * *',
  'schedule:30 2 * * *',
  'schedule:0 */6 * * *',
  'schedule:15 1,2 * * *',
  'schedule:0 0 * * MON',
  'schedule:0 0 1 * *',
  'every:6h',
  'every:1d',
];

/** Defines a job of the lane. */
export function defineBackfilled(
  chance: Chance,
  index: number,
  { start, version }: { start: number; version: number },
): Record<string, unknown> {
  const name = `filled${index}`;
  const trigger = chance.pick(triggers, name, 'trigger', version);
  // The days before are the past that backfills load.
  const declared = new Date(start - chance.between(5, 60, name, 'past') * dayMs).toISOString();
  return {
    engine_version: 2,
    job_ref: `jobs.backfills.${name}`,
    entry_point: {
      module: 'load',
      function: name,
      job_type: 'batch',
      launcher: 'dlt._workspace.deployment.launchers.job',
    },
    triggers: [trigger],
    require: { timezone: chance.pick(zones, name, 'zone') },
    execute: { concurrency: chance.pick([1, 1, 2, 3, null], name, 'concurrency') },
    interval: { start: declared },
  };
}

/** Deploys the definitions as they are now. */
export async function deployDefinitions(world: BackfillWorld, about: string): Promise<void> {
  const { site } = world;
  await world.call(`deploy ${about}`, (server) =>
    server.deploy({
      workspaceId: site.workspaceId,
      membershipId: site.membershipId,
      jobs: [...world.definitions.values()],
      deploymentModule: null,
      dryRun: false,
    }),
  );
}
