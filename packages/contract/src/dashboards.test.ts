import { expect, it } from 'vitest';
import { findDashboard } from './dashboards.ts';

const app = (job_ref: string, category: string | null, is_archived = false) => ({
  job_ref,
  category,
  is_archived,
});

it("finds dlt's dashboard, else one of the workspace", () => {
  const own = app('jobs.charts', 'dashboard');
  const dlts = app('jobs.workspace.dashboard', 'dashboard');
  expect(findDashboard([own, dlts])).toBe(dlts);
  expect(findDashboard([app('jobs.notes', 'notebook'), own])).toBe(own);
});

it('leaves archived dashboards out', () => {
  expect(findDashboard([app('jobs.workspace.dashboard', 'dashboard', true)])).toBeUndefined();
});
