import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IncidentTelling, Told } from './incident-telling.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { decideTelling } from './incident-telling.ts';

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

interface ToldAt {
  told: Told;
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
  const incident: IncidentTelling = {
    isMomentary,
    openedAt: new Date(0),
    resolvedAt: isMomentary ? new Date(0) : null,
    acknowledgedAt: null,
    snoozedUntil: null,
    toldAt: null,
    lastReminderAt: null,
    resolutionToldAt: null,
  };
  const messages: (ToldAt & { before: IncidentTelling; isHeld: boolean })[] = [];

  const asDate = (ms: number) => (ms > nowMs ? new Date(ms) : null);
  function decide() {
    for (let round = 0; round < 5; round += 1) {
      const decision = decideTelling(incident, {
        now: new Date(nowMs),
        gatherMs,
        reminderMs: reminderSeconds === null ? null : reminderSeconds * 1000,
        quietUntil: asDate(quietMs),
        mutedUntil: asDate(mutedMs),
      });
      if (decision.kind !== 'tell') {
        if (decision.kind === 'wait') expect(decision.nextAt.getTime()).toBeGreaterThan(nowMs);
        return decision.kind === 'wait' ? decision.nextAt.getTime() : Infinity;
      }
      messages.push({
        told: decision.told,
        atMs: nowMs,
        before: { ...incident },
        isHeld: quietMs > nowMs || (mutedMs > nowMs && decision.told !== 'resolved'),
      });
      if (decision.told === 'opened') incident.toldAt = new Date(nowMs);
      if (decision.told === 'reminder') incident.lastReminderAt = new Date(nowMs);
      if (decision.told === 'resolved') incident.resolutionToldAt = new Date(nowMs);
    }
    throw new Error('An incident is told without end');
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
      Object.assign(incident, { snoozedUntil: new Date(nowMs + each.seconds * 1000), acknowledgedAt: null });
  }
  return { messages, incident, reminderSeconds };
}

describe('the messages about an incident', () => {
  it('begin with one opening, end with one resolution at most, and have reminders between them', () => {
    fc.assert(
      fc.property(history, (given) => {
        const told = live(given).messages.map((message) => message.told);
        const letters = told
          .map((each) => each.charAt(0).replace('r', each === 'reminder' ? 'm' : 'r'))
          .join('');
        expect(letters).toMatch(given.isMomentary ? /^o?$/ : /^(om*r?)?$/);
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
        for (const { told, atMs, before } of messages.filter((message) => message.told === 'reminder')) {
          expect(told).toBe('reminder');
          expect(before.acknowledgedAt).toBeNull();
          expect(before.snoozedUntil?.getTime() ?? 0).toBeLessThanOrEqual(atMs);
          const last = before.lastReminderAt ?? before.toldAt;
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

  it('tell the end of everything that was told', () => {
    fc.assert(
      fc.property(history, (given) => {
        const { messages, incident } = live(given);
        const isToldAndOver = incident.toldAt !== null && incident.resolvedAt !== null && !given.isMomentary;
        expect(messages.some(({ told }) => told === 'resolved')).toBe(isToldAndOver);
      }),
      runs,
    );
  });
});
