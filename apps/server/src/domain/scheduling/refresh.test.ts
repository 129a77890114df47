import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import {
  type FreshnessNode,
  listDirectDownstreams,
  listRefreshCascade,
  listTransitiveDownstreams,
  type RefreshPropagation,
  resolveRefresh,
} from './refresh.ts';

interface RefreshCase {
  user_refresh: boolean;
  policy: RefreshPropagation | null;
  out: [boolean, string | null];
}

interface CascadeCase {
  jobs: Record<string, Omit<FreshnessNode, 'job_ref'>>;
  results: Record<string, { cascade: string[]; transitive: string[]; direct: string[] }>;
}

describe('resolve_refresh vectors of dlt', () => {
  it.each(readVectors<RefreshCase>('resolve_refresh'))(
    'refresh $user_refresh under $policy',
    ({ user_refresh: requested, policy, out }) => {
      const { refresh, warning } = resolveRefresh(requested, policy, 'x');
      expect([refresh, warning]).toEqual(out);
    },
  );
});

describe('refresh_cascade vectors of dlt', () => {
  const cascades = readVectors<CascadeCase>('refresh_cascade').flatMap(({ jobs, results }) => {
    const nodes = Object.entries(jobs).map(([ref, job]) => ({ job_ref: ref, ...job }));
    return Object.entries(results).map(([ref, expected]) => ({ ref, nodes, expected }));
  });

  it.each(cascades)('from $ref', ({ ref, nodes, expected }) => {
    expect({
      cascade: listRefreshCascade(nodes, ref),
      transitive: listTransitiveDownstreams(nodes, ref),
      direct: listDirectDownstreams(nodes, ref),
    }).toEqual(expected);
  });

  it('terminates on a cycle', () => {
    const nodes = [
      { job_ref: 'jobs.a', freshness: ['job.is_fresh:jobs.b'] },
      { job_ref: 'jobs.b', freshness: ['job.is_fresh:jobs.a'] },
    ];
    expect(listTransitiveDownstreams(nodes, 'jobs.a')).toEqual(['jobs.b']);
  });
});
