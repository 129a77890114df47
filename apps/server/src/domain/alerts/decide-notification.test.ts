import { describe, expect, it } from 'vitest';
import type { NotifiedIncident, NotificationLimits } from './decide-notification.ts';
import { decideNotification } from './decide-notification.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const opened: NotifiedIncident = {
  isMomentary: false,
  openedAt: at(0),
  resolvedAt: null,
  acknowledgedAt: null,
  snoozedUntil: null,
  notifiedAt: null,
  lastReminderAt: null,
  acknowledgementNotifiedAt: null,
  resolutionNotifiedAt: null,
};
const limits: NotificationLimits = {
  now: at(100),
  gatherMs: 15_000,
  reminderMs: 3_600_000,
  quietUntil: null,
  mutedUntil: null,
};
const notified = { ...opened, notifiedAt: at(20) };
const wait = (seconds: number) => ({ kind: 'wait', nextAt: at(seconds) });
const notify = (message: string) => ({ kind: 'notify', message });
const rest = { kind: 'rest' };

describe('decideNotification', () => {
  it.each([
    ['gathers first', opened, { now: at(5) }, wait(15)],
    ['reports the opening once gathered', opened, {}, notify('opened')],
    ['waits for the end of quiet hours', opened, { quietUntil: at(500) }, wait(500)],
    ['waits for the end of a mute', opened, { mutedUntil: at(700), quietUntil: at(500) }, wait(700)],
    ['waits for the end of a snooze', { ...opened, snoozedUntil: at(900) }, {}, wait(900)],
    [
      'does not report what ended in quiet hours',
      { ...opened, resolvedAt: at(50) },
      { quietUntil: at(500) },
      rest,
    ],
    ['reports what ended while it was gathered', { ...opened, resolvedAt: at(5) }, {}, notify('opened')],
    ['does not report what a member knows', { ...opened, acknowledgedAt: at(5) }, {}, rest],
    [
      'keeps a momentary one for the morning',
      { ...opened, isMomentary: true, resolvedAt: at(0) },
      { quietUntil: at(500) },
      wait(500),
    ],
    [
      'drops a momentary one while muted',
      { ...opened, isMomentary: true, resolvedAt: at(0) },
      { mutedUntil: at(500) },
      rest,
    ],
    ['reminds after the interval', notified, { now: at(3620) }, notify('reminder')],
    ['waits for the interval', notified, {}, wait(3620)],
    [
      'reminds after the last reminder',
      { ...notified, lastReminderAt: at(3620) },
      { now: at(3700) },
      wait(7220),
    ],
    ['does not remind without an interval', notified, { reminderMs: null }, rest],
    [
      'reminds at the end of a snooze',
      { ...notified, snoozedUntil: at(90) },
      { reminderMs: null },
      notify('reminder'),
    ],
    [
      'does not remind of what is acknowledged',
      { ...notified, acknowledgedAt: at(50), acknowledgementNotifiedAt: at(51) },
      { now: at(9999) },
      rest,
    ],
    ['reports an acknowledgement', { ...notified, acknowledgedAt: at(50) }, {}, notify('acknowledged')],
    [
      'reports an acknowledgement in quiet hours and while muted',
      { ...notified, acknowledgedAt: at(50) },
      { quietUntil: at(999), mutedUntil: at(999) },
      notify('acknowledged'),
    ],
    [
      'reports the end of what was acknowledged meanwhile',
      { ...notified, acknowledgedAt: at(50), resolvedAt: at(60) },
      {},
      notify('resolved'),
    ],
    ['reports the end', { ...notified, resolvedAt: at(90) }, {}, notify('resolved')],
    [
      'reports the end while muted',
      { ...notified, resolvedAt: at(90) },
      { mutedUntil: at(999) },
      notify('resolved'),
    ],
    [
      'reports the end after quiet hours',
      { ...notified, resolvedAt: at(90) },
      { quietUntil: at(999) },
      wait(999),
    ],
    ['reports the end once', { ...notified, resolvedAt: at(90), resolutionNotifiedAt: at(95) }, {}, rest],
    [
      'reports nothing after a momentary one',
      { ...notified, isMomentary: true, resolvedAt: at(0) },
      {},
      rest,
    ],
  ])('%s', (_, incident, changed, expected) => {
    expect(decideNotification(incident, { ...limits, ...changed })).toEqual(expected);
  });
});
