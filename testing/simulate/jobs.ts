import type { Chance } from './random.ts';

/** A job definition as the client sends it, limited to what the simulation uses. */
export interface SentJob {
  engine_version: 2;
  job_ref: string;
  entry_point: { module: string; function: string; job_type: 'batch'; launcher: string };
  triggers: string[];
  execute: { concurrency?: number | null };
  description?: string;
  expose?: { tags: string[] };
  interval?: { start: string; end?: string };
  freshness?: string[];
  refresh_propagation?: 'auto' | 'always' | 'block';
  require?: { timezone: string };
}

/** Properties outside of a definition: how long a job's runs take, and what its configuration says. */
export interface JobHabits {
  isSlow: boolean;
  catchUp: 'one' | 'skip';
}

export interface SimulatedWorkspace {
  /** Jobs of different groups are independent. */
  groups: SentJob[][];
  habits: Map<string, JobHabits>;
  /** `config.toml` of the workspace. */
  configuration: string;
}

const dayMs = 24 * 3_600_000;
const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC', 'Asia/Kolkata'];
const seldom = [
  '0 6 * * *',
  '30 2 * * *',
  '15 1,2 * * *',
  '@daily',
  '45 23 * * 1-5',
  '0 0 1,15 * MON',
  '0 3 L * *',
  '0 2 * * SUN',
  '30 1 * * *',
];
const often = ['0 */6 * * *', '30 */4 * * *', '0 8-18/2 * * MON-FRI', '20,50 1-3 * * *', '*/30 0-3 * * *'];
const hourly = ['0 * * * *', '@hourly', '15 * * * *'];
const periods = ['1d', '12h', '6h', '36h', '4h', '90m'];

interface Draft extends Omit<SentJob, 'engine_version' | 'entry_point' | 'job_ref' | 'execute'> {
  concurrency?: number | null;
}
type Group = (context: { ref: (name: string) => string; draw: Draw }) => Record<string, Draft>;
interface Draw {
  timed(about: string, busy?: number): string;
  zone(about: string): string;
  /** A zone with daylight saving time. */
  summerZone(about: string): string;
  date(about: string, fromDay: number, toDay: number): string;
}

/**
 * Jobs in groups of ten: independent clocks, chains, trees of freshness, refreshes with diamonds, and reloads
 * by events.
 */
export function createJobs(
  chance: Chance,
  options: { count: number; start: number; days: number },
): SimulatedWorkspace {
  const groups: SentJob[][] = [];
  const kinds: Group[] = [clocks, chains, freshnessTree, refreshTree, reloads];
  for (let left = options.count; left > 0; left -= groups.at(-1)?.length ?? left) {
    const section = `g${groups.length}`;
    const kind = kinds[groups.length % kinds.length] as Group;
    const drafts = kind({
      ref: (name) => `jobs.${section}.${name}`,
      draw: createDraw(chance, section, options),
    });
    const some = Object.entries(drafts).slice(0, left);
    groups.push(some.map(([name, draft]) => complete(`jobs.${section}.${name}`, draft)));
  }
  const habits = new Map(
    groups.flat().map(({ job_ref: ref }): [string, JobHabits] => [
      ref,
      {
        isSlow: chance.happens(0.15, ref, 'slow'),
        catchUp: chance.happens(0.25, ref, 'catch-up') ? 'skip' : 'one',
      },
    ]),
  );
  const configuration = [...habits]
    .filter(([, { catchUp }]) => catchUp === 'skip')
    .map(([ref]) => `[pumphouse.${ref}]\ncatch_up = "skip"\n`)
    .join('');
  return { groups, habits, configuration };
}

function complete(ref: string, { concurrency, ...draft }: Draft): SentJob {
  return {
    engine_version: 2,
    job_ref: ref,
    entry_point: {
      module: 'load',
      function: ref.split('.').at(-1) ?? '',
      job_type: 'batch',
      launcher: 'dlt._workspace.deployment.launchers.job',
    },
    execute: concurrency === undefined ? {} : { concurrency },
    ...draft,
  };
}

function createDraw(chance: Chance, section: string, { start, days }: { start: number; days: number }): Draw {
  return {
    timed(about, busy = 0.05) {
      const kind = chance.fraction(section, about, 'kind');
      if (kind < busy) return `schedule:${chance.pick(hourly, section, about)}`;
      if (kind < 0.3) return `every:${chance.pick(periods, section, about)}`;
      const crons = kind < 0.5 ? often : seldom;
      return `schedule:${chance.pick(crons, section, about)}`;
    },
    zone: (about) => chance.pick(zones, section, about, 'zone'),
    summerZone: (about) => chance.pick(zones.slice(0, 3), section, about, 'zone'),
    /**
     * A date between two days after the start. For a simulation shorter than 100 days, both are scaled down.
     */
    date(about, fromDay, toDay) {
      const scale = Math.min(1, days / 100);
      const day = chance.between(fromDay, toDay, section, about, 'date') * scale;
      return new Date(start + day * dayMs).toISOString().slice(0, 16);
    },
  };
}

const clocks: Group = ({ draw }) => {
  const inZone = (about: string) => ({ require: { timezone: draw.zone(about) } });
  return {
    plain: { triggers: [draw.timed('plain', 0.2)], ...inZone('plain') },
    gap: { triggers: ['schedule:*/20 1-3 * * *'], require: { timezone: draw.summerZone('gap') } },
    wide: { triggers: [draw.timed('wide')], ...inZone('wide'), concurrency: 3 },
    unlimited: { triggers: [draw.timed('unlimited')], ...inZone('unlimited'), concurrency: null },
    period: { triggers: ['every:6h'], ...inZone('period') },
    later: {
      triggers: [draw.timed('later')],
      ...inZone('later'),
      interval: { start: draw.date('later', 5, 60) },
    },
    bounded: {
      triggers: ['schedule:0 */6 * * *'],
      ...inZone('bounded'),
      interval: { start: draw.date('bounded', -30, -1), end: draw.date('bounded-end', 10, 90) },
    },
    boundedPeriod: {
      triggers: ['every:12h'],
      interval: { start: draw.date('boundedPeriod', -30, -1), end: `${draw.date('period-end', 10, 90)}Z` },
    },
    once: { triggers: [`once:${draw.date('once', -5, 90)}Z`] },
    onceToo: { triggers: [`once:${draw.date('onceToo', 1, 90)}`, draw.timed('onceToo')] },
  };
};

const chains: Group = ({ ref, draw }) => ({
  head: { triggers: [draw.timed('head', 0.1)], require: { timezone: draw.zone('head') } },
  second: { triggers: [`job.success:${ref('head')}`] },
  third: { triggers: [`job.success:${ref('second')}`, `job.fail:${ref('second')}`] },
  repair: { triggers: [`job.fail:${ref('head')}`], concurrency: 2 },
  otherHead: { triggers: [draw.timed('otherHead')] },
  both: { triggers: [`job.success:${ref('head')}`, `job.success:${ref('otherHead')}`], concurrency: null },
  alsoTimed: { triggers: [`job.success:${ref('head')}`, 'schedule:0 5 * * *'] },
  byHand: { triggers: [] },
  afterHand: { triggers: [`job.success:${ref('byHand')}`] },
  alarm: { triggers: [`job.fail:${ref('byHand')}`, `job.fail:${ref('otherHead')}`] },
});

const freshOn = (...refs: readonly string[]) => ({ freshness: refs.map((ref) => `job.is_fresh:${ref}`) });

const freshnessTree: Group = ({ ref, draw }) => {
  const trigger = draw.timed('source', 0.1);
  const zone = { require: { timezone: draw.zone('source') } };
  return {
    source: { triggers: [trigger], ...zone },
    staging: { triggers: [trigger], ...zone, ...freshOn(ref('source')) },
    mart: { triggers: [draw.timed('mart')], ...freshOn(ref('staging')) },
    periodic: { triggers: ['every:8h'], ...freshOn(ref('source')) },
    byHand: { triggers: [], ...freshOn(ref('source')) },
    afterHand: { triggers: [], ...freshOn(ref('byHand')) },
    blocked: { triggers: ['schedule:0 7 * * *'], ...freshOn(ref('source')), refresh_propagation: 'block' },
    behindBlocked: { triggers: ['schedule:0 8 * * *'], ...freshOn(ref('blocked')) },
    period: { triggers: ['every:1d'], concurrency: 2 },
    joined: { triggers: ['schedule:0 9 * * *'], ...zone, ...freshOn(ref('source'), ref('period')) },
  };
};

const refreshTree: Group = ({ ref, draw }) => ({
  snapshot: {
    triggers: ['schedule:0 4 * * *'],
    require: { timezone: draw.zone('snapshot') },
    refresh_propagation: 'always',
  },
  behind: { triggers: ['schedule:0 4 * * *'], ...freshOn(ref('snapshot')) },
  farBehind: { triggers: ['schedule:30 4 * * *'], ...freshOn(ref('behind')) },
  kept: { triggers: ['schedule:0 4 * * *'], ...freshOn(ref('snapshot')), refresh_propagation: 'block' },
  event: { triggers: ['schedule:0 */8 * * *'] },
  left: { triggers: [`job.success:${ref('event')}`] },
  right: { triggers: [`job.success:${ref('event')}`], ...freshOn(ref('left')) },
  window: {
    triggers: ['schedule:0 */8 * * *'],
    interval: { start: draw.date('window', -20, -2), end: draw.date('window-end', 5, 50) },
  },
  behindWindow: { triggers: ['schedule:30 */8 * * *'], ...freshOn(ref('window')) },
  openWindow: {
    triggers: [draw.timed('openWindow')],
    require: { timezone: draw.zone('openWindow') },
    interval: { start: draw.date('openWindow', -20, -2) },
    concurrency: 2,
  },
});

/** Triggers of a section for users' and other systems' events. */
export const webhookTrigger = 'webhook:reload';
export const tagOf = (ref: string) => `reload-${ref.split('.')[1]}`;

/** Jobs on a clock with declared intervals that also have every other kind of trigger. */
const reloads: Group = ({ ref, draw }) => {
  const tagged = { expose: { tags: [tagOf(ref('x'))] } };
  const since = (about: string) => ({ interval: { start: draw.date(about, -20, -2) } });
  return {
    backfill: { triggers: [], refresh_propagation: 'always' },
    loaded: {
      triggers: ['schedule:0 6 * * *', `job.success:${ref('backfill')}`, webhookTrigger],
      require: { timezone: draw.summerZone('loaded') },
      ...tagged,
      ...since('loaded'),
    },
    reloaded: {
      triggers: [draw.timed('reloaded'), `job.success:${ref('backfill')}`, webhookTrigger],
      require: { timezone: draw.zone('reloaded') },
      refresh_propagation: 'always',
      ...since('reloaded'),
    },
    behind: {
      triggers: [draw.timed('behind'), `job.success:${ref('backfill')}`],
      ...freshOn(ref('backfill')),
      ...tagged,
      ...since('behind'),
    },
    periodic: {
      triggers: ['every:6h', `job.success:${ref('loaded')}`, `job.fail:${ref('loaded')}`, webhookTrigger],
      ...tagged,
      interval: { start: `${draw.date('periodic', -20, -2)}Z` },
    },
    bounded: {
      triggers: ['schedule:0 */6 * * *', webhookTrigger],
      ...tagged,
      interval: { start: draw.date('bounded', -30, -1), end: draw.date('bounded-end', 10, 90) },
    },
    later: {
      triggers: ['schedule:30 */4 * * *', `job.success:${ref('backfill')}`, webhookTrigger],
      require: { timezone: draw.summerZone('later') },
      refresh_propagation: 'always',
      interval: { start: draw.date('later', 5, 60) },
    },
    plain: { triggers: [draw.timed('plain'), `job.success:${ref('backfill')}`, webhookTrigger], ...tagged },
    wide: {
      triggers: ['schedule:20,50 1-3 * * *', `job.success:${ref('backfill')}`, webhookTrigger],
      require: { timezone: draw.summerZone('wide') },
      ...since('wide'),
      concurrency: 3,
    },
    kept: {
      triggers: ['schedule:0 7 * * *', webhookTrigger],
      ...freshOn(ref('loaded')),
      ...tagged,
      refresh_propagation: 'block',
    },
  };
};

/** A user's change to a job before deploying it again. */
export function changeJob(chance: Chance, job: SentJob, number: number): SentJob {
  const about = [job.job_ref, 'change', number] as const;
  const isTimed = job.triggers.some((trigger) => /^(schedule|every):/.test(trigger));
  const { require: _zone, ...rest } = job;
  switch (chance.between(0, 7, ...about)) {
    case 0:
      if (!isTimed) return describe(job, number);
      return { ...job, triggers: job.triggers.map((trigger) => retime(chance, trigger, about)) };
    case 1:
      return isTimed ? { ...job, require: { timezone: chance.pick(zones, ...about, 'zone') } } : rest;
    case 2:
      return {
        ...job,
        execute: chance.pick([{}, { concurrency: 2 }, { concurrency: null }], ...about, 'width'),
      };
    case 3:
      return toggleClock(job);
    case 4:
      return job;
    default:
      return describe(job, number);
  }
}

function describe(job: SentJob, number: number): SentJob {
  return { ...job, description: `Version ${number}.` };
}

function retime(chance: Chance, trigger: string, about: readonly (string | number)[]): string {
  if (trigger.startsWith('every:')) return `every:${chance.pick(periods, ...about, 'period')}`;
  if (!trigger.startsWith('schedule:')) return trigger;
  return `schedule:${chance.pick([...seldom, ...often], ...about, 'cron')}`;
}

/** Removes a job's clock, or adds one. */
function toggleClock({ interval: _window, ...job }: SentJob): SentJob {
  const others = job.triggers.filter((trigger) => !/^(schedule|every):/.test(trigger));
  if (others.length < job.triggers.length) return { ...job, triggers: others };
  return { ...job, triggers: [...others, 'schedule:0 10 * * *'] };
}
