import type { RunOverviewResponse } from '@pumphouse/contract';
import { expect, it } from 'vitest';
import { foldRuns } from './fold-runs.ts';

let number = 0;
function run(status: string, summary: string | null = null, jobId = 'a'): RunOverviewResponse {
  number += 1;
  const reason = summary === null ? null : { summary, location: null };
  const fields = { id: String(number), number, job_id: jobId, status, reason, skip: null };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the fields that are compared
  return { ...fields, unknown: null, waiting: null, loaded: null } as unknown as RunOverviewResponse;
}
const kindsOf = (runs: readonly RunOverviewResponse[], open: string[] = []) =>
  foldRuns(runs, new Set(open)).map((item) => (item.kind === 'fold' ? item.runs.length : 'run'));

it('consecutive failures of a job with one reason are one row', () => {
  const failed = [1, 2, 3].map(() => run('failed', 'KeyError: x'));
  expect(kindsOf([run('completed'), ...failed, run('failed', 'KeyError: y')])).toEqual(['run', 3, 'run']);
});

it('two are not folded, nor those of several jobs or with a run between them', () => {
  const failed = () => run('failed', 'KeyError: x');
  expect(kindsOf([failed(), failed()])).toEqual(['run', 'run']);
  expect(kindsOf([failed(), run('failed', 'KeyError: x', 'b'), failed()])).toEqual(['run', 'run', 'run']);
  expect(kindsOf([failed(), failed(), run('completed'), failed()])).toHaveLength(4);
});

it('active and completed runs are listed one by one', () => {
  const runs = ['pending', 'running', 'completed'].flatMap((status) => [1, 2, 3].map(() => run(status)));
  expect(kindsOf(runs)).toEqual(runs.map(() => 'run'));
});

it('an open row is followed by its runs', () => {
  const failed = [1, 2, 3].map(() => run('failed', 'KeyError: x'));
  expect(kindsOf(failed, [failed[2]?.id ?? ''])).toEqual([3, 'run', 'run', 'run']);
});
