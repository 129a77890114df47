import type { AlertEventsInput } from './service-findings.ts';
import { expect, it } from 'vitest';
import { deriveAlertsFinding } from './service-findings.ts';

const now = new Date('2026-11-30T12:00:00Z');
const none: AlertEventsInput = { waitingCount: 0, waitingSince: null, droppedCount: 0, lastDroppedAt: null };

it.each<[string, Partial<AlertEventsInput>, string, RegExp]>([
  ['no events', {}, 'ok', /No event waits/],
  ['events of now', { waitingCount: 2, waitingSince: new Date('2026-11-30T11:55:00Z') }, 'ok', /No event/],
  [
    'events that wait',
    { waitingCount: 2, waitingSince: new Date('2026-11-30T11:00:00Z') },
    'warning',
    /: 2, the oldest since 2026-11-30T11:00:00.000Z/,
  ],
  [
    'a dropped event',
    { droppedCount: 1, lastDroppedAt: new Date('2026-11-29T11:00:00Z') },
    'problem',
    /were dropped: 1, the last at 2026-11-29T11:00:00.000Z/,
  ],
])('tells alerts: %s', (_, change, status, found) => {
  const finding = deriveAlertsFinding({ ...none, ...change }, now);
  expect(finding).toMatchObject({ status, found: expect.stringMatching(found) });
});
