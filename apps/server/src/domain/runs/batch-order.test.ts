import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { listPendingUpstreams, orderBatch } from './batch-order.ts';
import type { FreshnessNode } from '../scheduling/refresh.ts';

describe('orderBatch', () => {
  it('puts upstreams first and otherwise keeps the order', () => {
    const jobs = [node('d'), node('c', 'b'), node('b', 'a'), node('a', 'outside'), node('e')];
    expect(orderBatch(jobs).map((job) => job.job_ref)).toEqual(['d', 'a', 'b', 'c', 'e']);
  });

  it('keeps all jobs of a cycle', () => {
    const jobs = [node('a', 'b'), node('b', 'a'), node('c')];
    expect(orderBatch(jobs).map((job) => job.job_ref)).toEqual(['c', 'a', 'b']);
  });

  it('puts no job before one of its upstreams, whatever the input order', () => {
    const graphs = fc
      .array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 1, maxLength: 10 })
      .chain((edges) => {
        const jobs = edges.map((to, index) =>
          node(String(index), ...to.filter((up) => up < index).map(String)),
        );
        return fc.shuffledSubarray(jobs, { minLength: 1 });
      });
    fc.assert(
      fc.property(graphs, (jobs) => {
        const ordered = orderBatch(jobs);
        expect(new Set(ordered)).toEqual(new Set(jobs));
        for (const [index, job] of ordered.entries()) {
          const later = new Set(ordered.slice(index).map((other) => other.job_ref));
          expect(listPendingUpstreams(job, later)).toEqual([]);
        }
      }),
      { seed: propertySeed },
    );
  });
});

describe('listPendingUpstreams', () => {
  it('lists the pending upstreams without duplicates', () => {
    expect(listPendingUpstreams(node('c', 'a', 'b', 'a'), new Set(['a', 'c', 'x']))).toEqual(['a']);
    expect(listPendingUpstreams(node('c'), new Set(['a']))).toEqual([]);
  });
});

function node(ref: string, ...upstreams: string[]): FreshnessNode {
  return { job_ref: ref, freshness: upstreams.map((upstream) => `job.is_fresh:${upstream}`) };
}
