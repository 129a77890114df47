import * as fc from 'fast-check';

// Generators for property tests of clocks and starts.

const timeZones = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Africa/Casablanca',
  'Pacific/Apia',
];
/** Clock changes in these zones, where ticks are most likely to go wrong. */
const clockChanges = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-03-08T07:00:00Z',
  '2026-11-01T06:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-04-04T15:00:00Z',
  '2011-12-30T10:00:00Z',
];
export const hourMs = 3_600_000;

/** Any instant, often one within 30 hours of a clock change. */
export const instants = fc.oneof(
  fc.date({ min: new Date('2011-01-01'), max: new Date('2036-01-01'), noInvalidDate: true }),
  fc
    .tuple(fc.constantFrom(...clockChanges), fc.integer({ min: -30 * hourMs, max: 30 * hourMs }))
    .map(([at, shiftMs]) => new Date(Date.parse(at) + shiftMs)),
);
const minutes = fc.oneof(
  fc.integer({ min: 0, max: 59 }).map(String),
  fc.constantFrom('*', '*/20', '15,40', '*/7', 'R'),
);
const hours = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map(String),
  fc.constantFrom('*', '*/2', '1-3', '22-2'),
);
const days = fc.constantFrom(['*', '*'], ['1', '*'], ['*', '1-5'], ['L', '0'], ['*', 'L5'], ['*/2', '3']);
export const crons = fc
  .tuple(minutes, hours, days)
  .map(([minute, hour, [day, weekday]]) => `${minute} ${hour} ${day} * ${weekday}`);
export const zones = fc.constantFrom(...timeZones);
/** A clock trigger with the time zone of its job. */
export const clockTriggers = fc.oneof(
  fc.tuple(
    crons.map((cron) => `schedule:${cron}`),
    zones,
  ),
  fc.tuple(
    fc.integer({ min: 1, max: 600 }).map((period) => `every:${period}m`),
    fc.constant('UTC'),
  ),
);
/** The tick of a job with nothing that prevents its start. */
export const plainStartInput = {
  origin: 'tick',
  lastCompletedEnd: null,
  upstreams: [],
  pendingUpstreams: [],
  activeRunCount: 0,
  organization: { activeRunCount: 0, runLimit: null, usedSeconds: 0, minuteLimit: null },
  queue: { isOpen: false, length: 0, sameTriggerNumber: null },
  isMissed: false,
  isPaused: false,
  isArchived: false,
  isWorkspaceArchived: false,
  skipFreshness: false,
  refresh: false,
} as const;
