import { expect, it } from 'vitest';
import { chooseDashboard } from './open-dashboard.ts';

const app = (job_ref: string, category: string | null, is_archived = false) => ({
  job_ref,
  category,
  is_archived,
});

it("chooses dlt's dashboard, else one of the workspace", () => {
  const own = app('jobs.charts', 'dashboard');
  const dlts = app('jobs.workspace.dashboard', 'dashboard');
  expect(chooseDashboard([own, dlts])).toBe(dlts);
  expect(chooseDashboard([app('jobs.notes', 'notebook'), own])).toBe(own);
});

it('leaves archived dashboards out', () => {
  expect(() => chooseDashboard([app('jobs.workspace.dashboard', 'dashboard', true)])).toThrow(
    expect.objectContaining({ code: 'no_dashboard' }),
  );
});
