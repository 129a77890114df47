import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NotifiedIncident, NotificationKind } from './decide-notification.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { decideNotification } from './decide-notification.ts';

const runs = { seed: propertySeed, numRuns: caseCount(500) };
const gatherMs = 15_000;

/** What happens to an incident, and when the clock moves on. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 4000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('snooze' as const),
      seconds: fc.integer({ min: 1, max: 4000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resolve' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('mute' as const), seconds: fc.integer({ min: 0, max: 4000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('quiet' as const), seconds: fc.integer({ min: 0, max: 4000 }) }),
  },
);
const history = fc.record({
  isMomentary: fc.boolean(),
  reminderSeconds: fc.option(fc.integer({ min: 300, max: 2000 })),
  steps: fc.array(step, { maxLength: 40 }),
});

interface SentMessage {
  message: NotificationKind;
  atMs: number;
}

/** Lives through a history as the evaluation does: it decides after each step and whenever a decision asks for it. */
function live({
  isMomentary,
  reminderSeconds,
  steps,
}: typeof history extends fc.Arbitrary<infer T> ? T : never) {
  let nowMs = 0;
  let [mutedMs, quietMs] = [0, 0];
  const incident: NotifiedIncident = {
    isMomentary,
    openedAt: new Date(0),
    resolvedAt: isMomentary ? new Date(0) : null,
    acknowledgedAt: null,
    snoozedUntil: null,
    notifiedAt: null,
    lastReminderAt: null,
    acknowledgementNotifiedAt: null,
    resolutionNotifiedAt: null,
  };
  const messages: (SentMessage & { before: NotifiedIncident; isHeld: boolean })[] = [];

  const asDate = (ms: number) => (ms > nowMs ? new Date(ms) : null);
  function decide() {
    for (let round = 0; round < 5; round += 1) {
      const decision = decideNotification(incident, {
        now: new Date(nowMs),
        gatherMs,
        reminderMs: reminderSeconds === null ? null : reminderSeconds * 1000,
        quietUntil: asDate(quietMs),
        mutedUntil: asDate(mutedMs),
      });
      if (decision.kind !== 'notify') {
        if (decision.kind === 'wait') expect(decision.nextAt.getTime()).toBeGreaterThan(nowMs);
        return decision.kind === 'wait' ? decision.nextAt.getTime() : Infinity;
      }
      messages.push({
        message: decision.message,
        atMs: nowMs,
        before: { ...incident },
        isHeld:
          decision.message !== 'acknowledged' &&
          (quietMs > nowMs || (mutedMs > nowMs && decision.message !== 'resolved')),
      });
      if (decision.message === 'opened') incident.notifiedAt = new Date(nowMs);
      if (decision.message === 'reminder') incident.lastReminderAt = new Date(nowMs);
      if (decision.message === 'acknowledged') incident.acknowledgementNotifiedAt = new Date(nowMs);
      if (decision.message === 'resolved') incident.resolutionNotifiedAt = new Date(nowMs);
    }
    throw new Error('Messages about an incident never end');
  }

  for (const each of [...steps, { kind: 'pass', seconds: 10_000 } as const]) {
    if (each.kind === 'pass') {
      const endMs = nowMs + each.seconds * 1000;
      for (let nextMs = decide(); nextMs <= endMs; nextMs = decide()) nowMs = nextMs;
      nowMs = endMs;
    } else if (each.kind === 'mute') mutedMs = nowMs + each.seconds * 1000;
    else if (each.kind === 'quiet') quietMs = nowMs + each.seconds * 1000;
    else if (incident.resolvedAt !== null) continue;
    else if (each.kind === 'resolve') incident.resolvedAt = new Date(nowMs);
    else if (each.kind === 'acknowledge')
      Object.assign(incident, { acknowledgedAt: new Date(nowMs), snoozedUntil: null });
    else
      Object.assign(incident, {
        snoozedUntil: new Date(nowMs + each.seconds * 1000),
        acknowledgedAt: null,
        acknowledgementNotifiedAt: null,
      });
  }
  return { messages, incident, reminderSeconds };
}

describe('the messages about an incident', () => {
  it('begin with one opening, end with one resolution at most, and have reminders and acknowledgements between them', () => {
    fc.assert(
      fc.property(history, (given) => {
        const letters = live(given)
          .messages.map(({ message }) => (message === 'reminder' ? 'm' : message.charAt(0)))
          .join('');
        expect(letters).toMatch(given.isMomentary ? /^o?$/ : /^(o[ma]*r?)?$/);
      }),
      runs,
    );
  });

  it('are not sent in quiet hours, and while muted only to say that it is over', () => {
    fc.assert(
      fc.property(history, (given) => {
        expect(live(given).messages.filter(({ isHeld }) => isHeld)).toEqual([]);
      }),
      runs,
    );
  });

  it('do not remind of what a member acknowledged or snoozed, or more often than the rule asks', () => {
    fc.assert(
      fc.property(history, (given) => {
        const { messages, reminderSeconds } = live(given);
        for (const { atMs, before } of messages.filter(({ message }) => message === 'reminder')) {
          expect(before.acknowledgedAt).toBeNull();
          expect(before.snoozedUntil?.getTime() ?? 0).toBeLessThanOrEqual(atMs);
          const last = before.lastReminderAt ?? before.notifiedAt;
          const isEndOfSnooze = (before.snoozedUntil?.getTime() ?? 0) > (last?.getTime() ?? 0);
          if (!isEndOfSnooze)
            expect(atMs - (last?.getTime() ?? 0)).toBeGreaterThanOrEqual(
              (reminderSeconds ?? Infinity) * 1000,
            );
        }
      }),
      runs,
    );
  });

  it('report an acknowledgement once, unless a member snoozed the incident in between', () => {
    fc.assert(
      fc.property(history, (given) => {
        const { messages, incident } = live(given);
        for (const { before } of messages.filter(({ message }) => message === 'acknowledged'))
          expect(before).toMatchObject({ acknowledgementNotifiedAt: null, resolvedAt: null });
        const isKnown = incident.notifiedAt !== null && !given.isMomentary && incident.resolvedAt === null;
        if (isKnown && incident.acknowledgedAt !== null)
          expect(incident.acknowledgementNotifiedAt).not.toBeNull();
      }),
      runs,
    );
  });

  it('report the end of everything that was reported', () => {
    fc.assert(
      fc.property(history, (given) => {
        const { messages, incident } = live(given);
        const isNotifiedAndOver =
          incident.notifiedAt !== null && incident.resolvedAt !== null && !given.isMomentary;
        expect(messages.some(({ message }) => message === 'resolved')).toBe(isNotifiedAndOver);
      }),
      runs,
    );
  });
});
