import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { describeWorkerWait } from './worker-wait.ts';
import { findLabelsProblem, matchesLabels, selectMissing } from './labels.ts';

const labels = fc.dictionary(fc.constantFrom('gpu', 'zone', 'net', 'disk'), fc.constantFrom('a', 'b', ''));

describe('labels', () => {
  it('match exactly if none is missing, and a worker with more labels runs what one with fewer runs', () => {
    fc.assert(
      fc.property(labels, labels, labels, (has, more, required) => {
        const matches = matchesLabels(has, required);
        expect(matches).toBe(Object.keys(selectMissing(has, required)).length === 0);
        expect(matchesLabels(has, {})).toBe(true);
        if (matches) expect(matchesLabels({ ...more, ...has }, required)).toBe(true);
        if (matches) expect(Object.keys(required).every((name) => Object.hasOwn(has, name))).toBe(true);
      }),
      { seed: propertySeed, numRuns: caseCount(500) },
    );
  });

  it('are valid or have a reason, whatever they are', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const problem = findLabelsProblem(value);
        if (problem === null)
          expect(Object.values(value as object).every((one) => typeof one === 'string')).toBe(true);
        else expect(problem).not.toBe('');
      }),
      { seed: propertySeed, numRuns: caseCount(500) },
    );
  });
});

describe('the wait for a worker', () => {
  const states = fc.constantFrom('paused', 'draining', 'lost', 'never-connected' as const);

  it('names the workers that may run it, or what each lacks', () => {
    fc.assert(
      fc.property(
        labels,
        fc.array(fc.record({ state: states, labels }), { maxLength: 4 }),
        (required, given) => {
          const workers = given.map((one, n) => ({ ...one, name: `edge-${n}` }));
          const { kind, reason } = describeWorkerWait(required, workers);
          expect(kind).toBe('worker');
          const matching = workers.filter((one) => matchesLabels(one.labels, required));
          const named = matching.length > 0 ? matching : workers;
          for (const { name } of named) expect(reason).toContain(name);
        },
      ),
      { seed: propertySeed, numRuns: caseCount(200) },
    );
  });
});
