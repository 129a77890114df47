import { describe, expect, it } from 'vitest';
import type { IncidentTelling, TellingLimits } from './incident-telling.ts';
import { decideTelling } from './incident-telling.ts';

const at = (seconds: number) => new Date(seconds * 1000);
const opened: IncidentTelling = {
  isMomentary: false,
  openedAt: at(0),
  resolvedAt: null,
  acknowledgedAt: null,
  snoozedUntil: null,
  toldAt: null,
  lastReminderAt: null,
  resolutionToldAt: null,
};
const limits: TellingLimits = {
  now: at(100),
  gatherMs: 15_000,
  reminderMs: 3_600_000,
  quietUntil: null,
  mutedUntil: null,
};
const told = { ...opened, toldAt: at(20) };
const wait = (seconds: number) => ({ kind: 'wait', nextAt: at(seconds) });
const tell = (what: string) => ({ kind: 'tell', told: what });
const rest = { kind: 'rest' };

describe('decideTelling', () => {
  it.each([
    ['gathers first', opened, { now: at(5) }, wait(15)],
    ['tells the opening once gathered', opened, {}, tell('opened')],
    ['waits for the end of quiet hours', opened, { quietUntil: at(500) }, wait(500)],
    ['waits for the end of a mute', opened, { mutedUntil: at(700), quietUntil: at(500) }, wait(700)],
    ['waits for the end of a snooze', { ...opened, snoozedUntil: at(900) }, {}, wait(900)],
    [
      'does not tell what ended in quiet hours',
      { ...opened, resolvedAt: at(50) },
      { quietUntil: at(500) },
      rest,
    ],
    ['tells what ended while it was gathered', { ...opened, resolvedAt: at(5) }, {}, tell('opened')],
    ['does not tell what a member knows', { ...opened, acknowledgedAt: at(5) }, {}, rest],
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
    ['reminds after the interval', told, { now: at(3620) }, tell('reminder')],
    ['waits for the interval', told, {}, wait(3620)],
    ['reminds after the last reminder', { ...told, lastReminderAt: at(3620) }, { now: at(3700) }, wait(7220)],
    ['does not remind without an interval', told, { reminderMs: null }, rest],
    [
      'reminds at the end of a snooze',
      { ...told, snoozedUntil: at(90) },
      { reminderMs: null },
      tell('reminder'),
    ],
    ['does not remind of what is acknowledged', { ...told, acknowledgedAt: at(50) }, { now: at(9999) }, rest],
    ['tells the end', { ...told, resolvedAt: at(90) }, {}, tell('resolved')],
    ['tells the end while muted', { ...told, resolvedAt: at(90) }, { mutedUntil: at(999) }, tell('resolved')],
    ['tells the end after quiet hours', { ...told, resolvedAt: at(90) }, { quietUntil: at(999) }, wait(999)],
    ['tells the end once', { ...told, resolvedAt: at(90), resolutionToldAt: at(95) }, {}, rest],
    ['tells nothing after a momentary one', { ...told, isMomentary: true, resolvedAt: at(0) }, {}, rest],
  ])('%s', (_, incident, changed, expected) => {
    expect(decideTelling(incident, { ...limits, ...changed })).toEqual(expected);
  });
});
