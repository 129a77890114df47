/**
 * A night of two organizations on one small server, in virtual time: schedules start batch runs while
 * visitors keep more apps open than there are slots. Database, starts, claims and ends are real; user code is
 * only a duration.
 */
import type { Database } from '@pumphouse/server/store/postgres/pool.ts';
import type { Claim } from '@pumphouse/server/store/postgres/attempts/claim.ts';
import type { Lane, Site } from './site.ts';
import type { WorldEvent } from './world.ts';
import { identifyServer } from '@pumphouse/server/domain/workers/supervisor-identity.ts';
import { buildDefinition } from '@pumphouse/server/domain/jobs/test-definition.ts';
import { createChance, type Chance } from './random.ts';
import { createClaimRuns } from '@pumphouse/server/supervisor/claim-runs.ts';
import { createEventQueue } from './event-queue.ts';
import { createSite } from './site.ts';
import { parseInstanceSizes } from '@pumphouse/server/domain/attempts/instance-sizes.ts';
import { planCapacity } from '@pumphouse/server/domain/runs/capacity.ts';
import { setRun } from '../../apps/server/src/store/postgres/testing/runs.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export interface NightOptions {
  seed: number;
  hours: number;
  slots: { batch: number; apps: number };
}

/** The result of a night. */
export interface NightReport {
  ticks: number;
  skipped: string[];
  /** Ticks whose run waited for a slot, and the longest of these waits. */
  waited: number;
  maxWaitMinutes: number;
  /** Runs that were pending while batch slots were free. There must be none, whatever apps do. */
  starved: string[];
  appStarts: number;
  maxApps: number;
  /** Longest wait of a batch run, by organization. */
  waitsOf: number[];
}

interface NightSite {
  site: Site;
  lane: Lane;
  index: number;
}

/** Ten schedules of an organization: their cron, and the duration of a run in minutes. */
const schedules: readonly (readonly [cron: string, minutes: readonly [number, number]])[] = [
  ['*/15 * * * *', [1, 4]],
  ['*/15 * * * *', [1, 4]],
  ['5-59/15 * * * *', [1, 4]],
  ['5-59/15 * * * *', [1, 4]],
  ['10-59/15 * * * *', [1, 4]],
  ['0 * * * *', [2, 8]],
  ['0 * * * *', [2, 8]],
  ['30 * * * *', [2, 8]],
  ['0 */6 * * *', [10, 20]],
  ['0 2 * * *', [20, 40]],
];
const appsOfOrganization = 5;
const startAt = Date.parse('2026-03-10T18:00:00Z');

/** @throws Error when a run is driven that does not exist */
export async function simulateNight(database: Database, options: NightOptions): Promise<NightReport> {
  const chance = createChance(options.seed);
  const first = await createSite(database, '');
  const second = await createSite(database, '', { isWatched: false });
  try {
    const sites = [first, second].map((site, index) => ({ site, lane: site.createLane(), index }));
    for (const each of sites) await deployJobs(each);
    return await live(database, sites, chance, options);
  } finally {
    await first.close();
    await second.close();
  }
}

async function deployJobs({ site, lane }: NightSite): Promise<void> {
  lane.clock.now = new Date(startAt);
  const batch = schedules.map(([cron], number) =>
    buildDefinition({ job_ref: `jobs.load_${number}`, triggers: [`schedule:${cron}`] }),
  );
  const entry_point = {
    module: 'app',
    function: null,
    job_type: 'interactive' as const,
    launcher: 'dlt._workspace.deployment.launchers.marimo',
  };
  const apps = Array.from({ length: appsOfOrganization }, (_, number) =>
    buildDefinition({ job_ref: `jobs.app_${number}`, entry_point, triggers: ['http:'] }),
  );
  const { workspaceId, membershipId } = site;
  const jobs = [...batch, ...apps];
  await serverOf({ lane }).deploy({
    workspaceId,
    membershipId,
    jobs,
    deploymentModule: null,
    dryRun: false,
  });
}

function serverOf({ lane }: Pick<NightSite, 'lane'>) {
  const [server] = lane.servers;
  if (!server) throw new Error('A lane has servers');
  return server;
}

async function live(
  database: Database,
  sites: readonly NightSite[],
  chance: Chance,
  { hours, slots }: NightOptions,
): Promise<NightReport> {
  const [any] = sites;
  if (!any) throw new Error('There are sites');
  const { store } = any.site;
  const settings = {
    maxActiveRuns: slots.batch,
    maxActiveApps: slots.apps,
    overcommit: { cpus: 1, memory: 1 },
    appsShare: 0.5,
  };
  const capacity = planCapacity(settings, null);
  const claimRuns = createClaimRuns({
    store,
    identity: identifyServer('night'),
    isClaiming: () => true,
    leaseSeconds: 24 * 3600,
    instanceSizes: parseInstanceSizes(''),
    readCapacity: () => Promise.resolve(capacity),
    findObstacle: async () => null,
    unknownRunIds: new Set(),
  });
  const queue = createEventQueue<WorldEvent>();
  const bySite = new Map(sites.map((each) => [each.site.workspaceId, each]));
  const report: NightReport = {
    ticks: 0,
    skipped: [],
    waited: 0,
    maxWaitMinutes: 0,
    starved: [],
    appStarts: 0,
    maxApps: 0,
    waitsOf: sites.map(() => 0),
  };
  const noNews = new AbortController().signal;

  /** Classified by the jobs' definitions, independently of the claims. */
  const active = { batch: new Set<string>(), apps: new Set<string>() };
  /** When each tick was due that has not started yet. */
  const due = new Map<string, number>();
  let now = startAt;
  const endAt = startAt + hours * hourMs;
  const setClocks = () => {
    for (const { lane } of sites) lane.clock.now = new Date(now);
  };

  async function openApp(each: NightSite, number: number): Promise<void> {
    const jobs = await each.site.store.jobs.listAll(each.site.workspaceId);
    const job = jobs.find(({ jobRef }) => jobRef === `jobs.app_${number}`);
    if (job) await serverOf(each).startRuns.startApp({ jobId: job.id, membershipId: null });
  }

  async function begin(claim: Claim): Promise<void> {
    const run = await store.jobRuns.find(claim.jobRunId);
    const each = run && bySite.get(run.workspaceId);
    if (!run || !each) throw new Error(`Run ${claim.jobRunId} is not there`);
    await setRun(database, run.id, { status: 'running', startedAt: new Date() });
    const job = await store.jobs.find(run.jobId);
    const number = Number(job?.jobRef.split('_').at(-1));
    const dueAt = due.get(run.id);
    if (dueAt !== undefined) noteStart(each, now - dueAt, run.id);
    const isApp = job?.jobType === 'interactive';
    const others = isApp ? active.apps : active.batch;
    others.add(run.id);
    if (isApp) report.appStarts += 1;
    const [least, most] = isApp ? [60, 240] : (schedules[number]?.[1] ?? [1, 1]);
    const minutes = chance.between(least, most, each.index, job?.jobRef ?? '', run.number);
    queue.add({
      at: now + minutes * minuteMs,
      name: `end of ${run.id}`,
      act: async () => {
        await serverOf(each).finishRun(run.id, { status: 'completed' });
        claimRuns.release(claim);
        others.delete(run.id);
        // Visitors return to an app after a while.
        if (isApp)
          queue.add({
            at: now + 10 * minuteMs,
            name: `visit of ${run.id}`,
            act: () => openApp(each, number),
          });
      },
    });
  }

  function noteStart({ index }: NightSite, waitMs: number, jobRunId: string): void {
    due.delete(jobRunId);
    if (waitMs === 0) return;
    const minutes = waitMs / minuteMs;
    report.waited += 1;
    report.maxWaitMinutes = Math.max(report.maxWaitMinutes, minutes);
    report.waitsOf[index] = Math.max(report.waitsOf[index] ?? 0, minutes);
  }

  async function decideTicks(): Promise<void> {
    for (;;) {
      const ticks = await store.schedules.listDue(new Date(now), 100);
      if (ticks.length === 0) return;
      for (const tick of ticks) {
        const each = bySite.get(tick.workspaceId);
        if (!each) throw new Error('A tick of nobody came');
        const result = await serverOf(each).startRuns.startTick(tick);
        report.ticks += 1;
        for (const { run } of result?.succeeded ?? []) if (run) due.set(run.id, now);
        for (const { job, reasons } of result?.skipped ?? [])
          report.skipped.push(`${new Date(now).toISOString()} ${job.jobRef}: ${reasons.join('; ')}`);
      }
    }
  }

  /** What a supervisor does whenever something starts or ends. */
  async function claim(): Promise<void> {
    const claims: Claim[] = [];
    await claimRuns.claimPending((one) => claims.push(one), noNews);
    for (const one of claims) await begin(one);
    report.maxApps = Math.max(report.maxApps, active.apps.size);
    if (due.size > 0 && active.batch.size < slots.batch)
      report.starved.push(
        `${new Date(now).toISOString()}: ${due.size} wait, ${active.batch.size} of ${slots.batch} slots in use`,
      );
  }

  setClocks();
  for (const each of sites)
    for (let number = 0; number < appsOfOrganization; number += 1) await openApp(each, number);
  await claim();
  for (;;) {
    const tickAt = (await store.schedules.nextTickAt())?.getTime() ?? Infinity;
    const event = queue.peek();
    const at = Math.max(now, Math.min(tickAt, event?.at ?? Infinity));
    if (at >= endAt) return report;
    now = at;
    setClocks();
    if (event && event.at <= now) await queue.take()?.act();
    else await decideTicks();
    await claim();
  }
}
