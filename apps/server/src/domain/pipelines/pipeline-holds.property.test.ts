import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { decideHold, listUnheld, targetKey, type HoldTarget, type PipelineHold } from './pipeline-holds.ts';

/** Each attempt asks for these sets of targets in turn, and ends after the last one. An empty set: it opens the file. */
type Plans = number[][][];

const plansOf = (minLength: number): fc.Arbitrary<Plans> =>
  fc.array(fc.array(fc.uniqueArray(fc.nat(3), { minLength, maxLength: 2 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 6,
  });
const plans = plansOf(1);

const targetOf = (number: number): HoldTarget => ({
  kind: 'pipeline',
  profile: 'prod',
  name: String(number),
  destination: '',
});

/** Attempts that ask in any order, as the service stores their holds. */
function simulate(all: Plans) {
  let holds: PipelineHold[] = [];
  let ticket = 0;
  const steps = all.map(() => 0);
  const tickets = all.map((): number | null => null);
  const grants: { target: string; ticket: number }[] = [];
  const ends: ('completed' | 'deadlock' | null)[] = all.map(() => null);
  /** The attempt that has the file open, and those that wait for it, in order. */
  let fileQueue: number[] = [];

  function end(attempt: number, how: 'completed' | 'deadlock') {
    ends[attempt] = how;
    holds = holds.filter(({ attemptId }) => attemptId !== String(attempt));
    fileQueue = fileQueue.filter((each) => each !== attempt);
  }

  /** It has the file until its end. */
  function openFile(attempt: number) {
    if (!fileQueue.includes(attempt)) fileQueue.push(attempt);
    if (fileQueue[0] === attempt) steps[attempt] = (steps[attempt] ?? 0) + 1;
  }

  /** One question of an attempt. */
  function step(attempt: number) {
    if (ends[attempt] !== null) return;
    const asked = all[attempt]?.[steps[attempt] ?? 0];
    if (!asked) return end(attempt, 'completed');
    if (asked.length === 0) return openFile(attempt);
    const attemptId = String(attempt);
    const targets = listUnheld(holds, attemptId, asked.map(targetOf));
    const fileWaits = fileQueue.slice(1).map((each) => [String(each), String(fileQueue[0])] as const);
    const decision = decideHold(holds, { attemptId, targets, ticket: tickets[attempt] ?? null, fileWaits });
    if (decision.kind === 'deadlock') return end(attempt, 'deadlock');
    const own = (tickets[attempt] ??= ++ticket);
    const isHeld = decision.kind === 'held';
    const keys = new Set(targets.map(targetKey));
    holds = holds.filter((hold) => hold.attemptId !== attemptId || !keys.has(targetKey(hold)));
    holds.push(...targets.map((target) => ({ ...target, attemptId, ticket: own, isHeld })));
    if (!isHeld) return;
    grants.push(...targets.map((target) => ({ target: targetKey(target), ticket: own })));
    steps[attempt] = (steps[attempt] ?? 0) + 1;
    tickets[attempt] = null;
  }

  return { step, ends, grants, listHolds: () => holds };
}

const settings = { seed: propertySeed, numRuns: caseCount(400) };

describe('holds of pipelines', () => {
  it('are never shared, and every attempt ends however they ask', () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat(5)), (all, order) => {
        const run = simulate(all);
        const turns = order[Symbol.iterator]();
        for (let turn = 0; turn < 60; turn += 1) {
          run.step(Number(turns.next().value) % all.length);
          const held = run
            .listHolds()
            .filter(({ isHeld }) => isHeld)
            .map(targetKey);
          expect(new Set(held).size).toBe(held.length);
        }
        // Whatever has happened so far, asking in turn ends everything.
        for (let round = 0; round < 40; round += 1) all.forEach((_, attempt) => run.step(attempt));
        expect(run.ends).not.toContain(null);
      }),
      settings,
    );
  });

  it('let every attempt end that waits for a file of another one, too', () => {
    fc.assert(
      fc.property(plansOf(0), fc.infiniteStream(fc.nat(5)), (all, order) => {
        const run = simulate(all);
        const turns = order[Symbol.iterator]();
        for (let turn = 0; turn < 60; turn += 1) run.step(Number(turns.next().value) % all.length);
        for (let round = 0; round < 40; round += 1) all.forEach((_, attempt) => run.step(attempt));
        expect(run.ends).not.toContain(null);
      }),
      settings,
    );
  });

  it('are granted in the order of requests', () => {
    fc.assert(
      fc.property(plans, fc.infiniteStream(fc.nat(5)), (all, order) => {
        const run = simulate(all);
        const turns = order[Symbol.iterator]();
        for (let turn = 0; turn < 100; turn += 1) run.step(Number(turns.next().value) % all.length);
        for (const ofTarget of Map.groupBy(run.grants, ({ target }) => target).values()) {
          const tickets = ofTarget.map(({ ticket }) => ticket);
          expect(tickets).toEqual(tickets.toSorted((one, other) => one - other));
        }
      }),
      settings,
    );
  });
});
