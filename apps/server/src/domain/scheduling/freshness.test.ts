import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import { evaluateAllFreshness, evaluateFreshness } from './freshness.ts';
import type { JobDefinition } from '../jobs/job-definition.ts';
import { buildDefinition } from '../jobs/test-definition.ts';

interface FreshnessCase {
  case: string;
  upstream?: JobDefinition;
  prev_interval_end?: string | null;
  now?: string;
  constraint: string;
  out: [boolean, string[]];
}

const NOW = new Date('2026-11-24T09:00:00Z');

describe('run_freshness vectors of dlt', () => {
  it.each(readVectors<FreshnessCase>('run_freshness'))('$case', (vector) => {
    const { isFresh, reasons } = evaluateFreshness(
      {
        constraint: vector.constraint,
        definition: vector.upstream ?? null,
        lastCompletedEnd: vector.prev_interval_end ? new Date(vector.prev_interval_end) : null,
      },
      vector.now === undefined ? NOW : new Date(vector.now),
    );
    expect([isFresh, reasons]).toEqual(vector.out);
  });
});

describe('freshness', () => {
  const upstream = buildDefinition({
    job_ref: 'jobs.a.up',
    triggers: ['schedule:0 6 * * *'],
    interval: { start: '2026-01-01', end: '2026-02-01' },
  });

  it("requires nothing beyond the end of the upstream's declared interval", () => {
    const input = { constraint: 'job.is_fresh:jobs.a.up', definition: upstream };
    const done = { ...input, lastCompletedEnd: new Date('2026-01-31T06:00:00Z') };
    expect(evaluateFreshness(done, NOW).isFresh).toBe(true);
    const partly = { ...input, lastCompletedEnd: new Date('2026-01-30T06:00:00Z') };
    expect(evaluateFreshness(partly, NOW).reasons).toEqual([
      'upstream jobs.a.up missing run for 2026-01-31 06:00:00+00:00',
    ]);
  });

  it('is stale if the upstream does not exist', () => {
    const input = { constraint: 'job.is_fresh:jobs.a.up', definition: null, lastCompletedEnd: null };
    expect(evaluateFreshness(input, NOW).reasons).toEqual([
      'upstream jobs.a.up does not exist or is archived',
    ]);
  });

  it('holds only if all constraints hold', () => {
    const fresh = {
      constraint: 'job.is_fresh:jobs.m.f',
      definition: buildDefinition(),
      lastCompletedEnd: new Date('2026-01-01T00:00:00Z'),
    };
    expect(evaluateAllFreshness([], NOW)).toEqual({ isFresh: true, reasons: [] });
    expect(evaluateAllFreshness([fresh], NOW)).toEqual({ isFresh: true, reasons: [] });
    const mixed = evaluateAllFreshness([fresh, { ...fresh, lastCompletedEnd: null }], NOW);
    expect(mixed.isFresh).toBe(false);
    expect(mixed.reasons).toHaveLength(1);
  });
});
