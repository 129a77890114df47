import { describe, expect, it } from 'vitest';
import { decideStart, type StartDecision, type StartInput } from './start-decision.ts';
import { buildDefinition } from '../jobs/test-definition.ts';
import { plainStartInput } from '../scheduling/test-clocks.ts';

const NOW = new Date('2026-11-24T10:07:00Z');
const DAILY = 'schedule:0 6 * * *';
const daily = buildDefinition({ triggers: [DAILY] });

const input: StartInput = {
  ...plainStartInput,
  definition: daily,
  trigger: DAILY,
  now: NOW,
};

describe('a scheduled start', () => {
  it('first covers the last interval, then everything since the last completed run', () => {
    expect(decideStart(input)).toEqual(start('2026-11-23T06:00:00Z', '2026-11-24T06:00:00Z'));
    const later = { ...input, lastCompletedEnd: new Date('2026-11-20T06:00:00Z') };
    expect(decideStart(later)).toEqual(start('2026-11-20T06:00:00Z', '2026-11-24T06:00:00Z'));
  });

  it('is skipped if a completed run covers the last tick, whatever requests it', () => {
    const covered = { ...input, lastCompletedEnd: new Date('2026-11-24T06:00:00Z') };
    for (const origin of ['tick', 'request', 'freshness'] as const) {
      expect(decideStart({ ...covered, origin })).toEqual({
        outcome: 'skip',
        status: 'skipped_already_covered',
        reasons: [
          'a completed run covers everything until 2026-11-24T06:00:00.000Z; the next interval has not ended yet',
        ],
      });
    }
  });

  it('starts the first run of an hourly job at a spring gap on the hour before it', () => {
    const hourly = buildDefinition({
      triggers: ['schedule:0 * * * *'],
      require: { timezone: 'Europe/Berlin' },
    });
    const now = new Date('2026-03-29T01:00:01Z');
    expect(decideStart({ ...input, definition: hourly, trigger: 'schedule:0 * * * *', now })).toEqual(
      start('2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z'),
    );
  });

  it('starts at the first tick of a limited year if there was none before', () => {
    const trigger = 'schedule:0 0 1 1 * 0 2027';
    const yearly = buildDefinition({ triggers: [trigger] });
    const at = '2027-01-01T00:00:00Z';
    expect(decideStart({ ...input, definition: yearly, trigger, now: new Date(at) })).toEqual(start(at, at));
    expect(decideStart({ ...input, definition: yearly, trigger })).toEqual({
      outcome: 'skip',
      status: 'skipped_already_covered',
      reasons: [`'${trigger}' has had no tick yet`],
    });
  });
});

describe('a start at a point in time', () => {
  it.each(['manual:jobs.m.f', 'tag:x', 'job.success:jobs.m.x', 'webhook:'])(
    'by %s covers no time',
    (trigger) => {
      const covered = { ...input, origin: 'event' as const, lastCompletedEnd: NOW };
      expect(decideStart({ ...covered, trigger })).toEqual(start(NOW.toISOString(), NOW.toISOString()));
    },
  );
});

describe('a declared interval', () => {
  const bounded = buildDefinition({
    triggers: [DAILY],
    interval: { start: '2026-01-01', end: '2026-02-01' },
  });
  const open = buildDefinition({ triggers: [DAILY], interval: { start: '2026-01-01' } });
  const outside = {
    outcome: 'skip',
    status: 'skipped_out_of_interval',
    reasons: [
      'the declared interval starts at 2025-12-31T06:00:00.000Z and ends at 2026-01-31T06:00:00.000Z',
    ],
  };

  it('makes the first run start at the declared start', () => {
    expect(decideStart({ ...input, definition: open })).toEqual(
      start('2025-12-31T06:00:00Z', '2026-11-24T06:00:00Z'),
    );
    expect(decideStart({ ...input, definition: bounded })).toEqual(
      start('2025-12-31T06:00:00Z', '2026-01-31T06:00:00Z'),
    );
  });

  it('continues from the last completed run', () => {
    const lastCompletedEnd = new Date('2026-01-30T06:00:00Z');
    expect(decideStart({ ...input, definition: bounded, lastCompletedEnd })).toEqual(
      start('2026-01-30T06:00:00Z', '2026-01-31T06:00:00Z'),
    );
  });

  it('goes back to the declared start on refresh', () => {
    const done = { ...input, definition: bounded, lastCompletedEnd: new Date('2026-01-31T06:00:00Z') };
    expect(decideStart({ ...done, refresh: true })).toEqual(
      start('2025-12-31T06:00:00Z', '2026-01-31T06:00:00Z', true),
    );
  });

  it('skips if it is complete, has not begun or does not contain the point in time', () => {
    const lastCompletedEnd = new Date('2026-01-31T06:00:00Z');
    expect(decideStart({ ...input, definition: bounded, lastCompletedEnd })).toEqual(outside);
    const byHand = { ...input, definition: bounded, trigger: 'manual:jobs.m.f' };
    expect(decideStart({ ...byHand, lastCompletedEnd })).toEqual(outside);
    expect(decideStart({ ...byHand, activeRunCount: 1 })).toEqual(outside);
    const future = buildDefinition({ triggers: [DAILY], interval: { start: '2027-01-01' } });
    expect(decideStart({ ...input, definition: future })).toMatchObject({
      status: 'skipped_out_of_interval',
    });
    expect(decideStart({ ...input, definition: open, trigger: 'manual:jobs.m.f' })).toMatchObject({
      outcome: 'start',
    });
  });

  it('skips as covered inside an open interval', () => {
    const lastCompletedEnd = new Date('2026-11-24T06:00:00Z');
    expect(decideStart({ ...input, definition: open, lastCompletedEnd })).toMatchObject({
      status: 'skipped_already_covered',
    });
  });

  it('keeps the bounds of a job on every: as written', () => {
    const every = buildDefinition({ triggers: ['every:1h'], interval: { start: '2026-11-24T09:30:00Z' } });
    expect(decideStart({ ...input, definition: every, trigger: 'every:1h' })).toEqual(
      start('2026-11-24T09:30:00Z', NOW.toISOString()),
    );
  });
});

describe('refresh', () => {
  it('discards completed intervals, and is ignored with a warning if the job blocks it', () => {
    const covered = { ...input, lastCompletedEnd: new Date('2026-11-24T06:00:00Z'), refresh: true };
    expect(decideStart(covered)).toEqual(start('2026-11-23T06:00:00Z', '2026-11-24T06:00:00Z', true));
    const block = buildDefinition({ triggers: [DAILY], refresh_propagation: 'block' });
    const lastCompletedEnd = new Date('2026-11-23T06:00:00Z');
    expect(decideStart({ ...covered, definition: block, lastCompletedEnd })).toEqual({
      ...start('2026-11-23T06:00:00Z', '2026-11-24T06:00:00Z'),
      warnings: ["--refresh ignored: job 'jobs.m.f' declares refresh_propagation=block"],
    });
  });

  it('happens at each run of a job that always refreshes', () => {
    const always = buildDefinition({ triggers: [DAILY], refresh_propagation: 'always' });
    expect(decideStart({ ...input, definition: always })).toMatchObject({ outcome: 'start', refresh: true });
  });
});

describe('upstreams', () => {
  const upstream = {
    constraint: 'job.is_fresh:jobs.m.up',
    definition: buildDefinition({ job_ref: 'jobs.m.up' }),
    lastCompletedEnd: null,
  };

  it('prevent a start until they are fresh', () => {
    expect(decideStart({ ...input, upstreams: [upstream] })).toEqual({
      outcome: 'skip',
      status: 'skipped_fresh',
      reasons: ["upstream jobs.m.up didn't process any intervals yet (refresh pending)"],
    });
    const fresh = { ...upstream, lastCompletedEnd: NOW };
    expect(decideStart({ ...input, upstreams: [fresh] })).toMatchObject({ outcome: 'start' });
    expect(decideStart({ ...input, upstreams: [upstream], skipFreshness: true })).toMatchObject({
      outcome: 'start',
    });
  });

  it('go first if the same call starts them, fresh or not', () => {
    const pending = {
      ...input,
      upstreams: [{ ...upstream, lastCompletedEnd: NOW }],
      pendingUpstreams: ['jobs.m.up'],
    };
    expect(decideStart(pending)).toEqual({
      outcome: 'skip',
      status: 'skipped_upstream_pending',
      reasons: ['upstream jobs.m.up runs first; this job starts when it completes'],
    });
    expect(decideStart({ ...pending, skipFreshness: true })).toMatchObject({ outcome: 'start' });
  });
});

describe('limits', () => {
  it('skip a start at the concurrency limit of the job', () => {
    expect(decideStart({ ...input, activeRunCount: 1 })).toEqual({
      outcome: 'skip',
      status: 'skipped_concurrency_limit',
      reasons: ['1 of 1 allowed runs of this job are active'],
    });
    const unlimited = buildDefinition({ triggers: [DAILY], execute: { concurrency: null } });
    expect(decideStart({ ...input, definition: unlimited, activeRunCount: 50 })).toMatchObject({
      outcome: 'start',
    });
  });

  it('skip a start at the limit of the organization', () => {
    expect(
      decideStart({ ...input, organization: { ...input.organization, activeRunCount: 5, runLimit: 5 } }),
    ).toMatchObject({
      status: 'skipped_org_concurrency_limit',
    });
    expect(
      decideStart({ ...input, organization: { ...input.organization, activeRunCount: 4, runLimit: 5 } }),
    ).toMatchObject({
      outcome: 'start',
    });
  });
});

describe('pause and archive', () => {
  it('a pause stops the clock and freshness, but not users and events', () => {
    const paused = { ...input, isPaused: true };
    for (const origin of ['tick', 'freshness'] as const) {
      expect(decideStart({ ...paused, origin })).toMatchObject({ status: 'skipped_paused' });
    }
    for (const origin of ['request', 'event'] as const) {
      expect(decideStart({ ...paused, origin })).toMatchObject({ outcome: 'start' });
    }
  });

  it('an archived workspace skips starts, and an archived job rejects them', () => {
    expect(decideStart({ ...input, isWorkspaceArchived: true })).toMatchObject({
      status: 'skipped_workspace_archived',
    });
    expect(decideStart({ ...input, isArchived: true })).toEqual({
      outcome: 'refuse',
      reasons: ['job jobs.m.f is archived'],
    });
  });
});

function start(from: string, to: string, refresh = false): StartDecision {
  return { outcome: 'start', interval: { start: new Date(from), end: new Date(to) }, refresh, warnings: [] };
}
