import { expect, it } from 'vitest';
import { chooseDashboard } from './open-dashboard.ts';

const app = (job_ref: string, category: string | null, is_archived = false) => ({
  job_ref,
  category,
  is_archived,
});

it('chooses an active dashboard', () => {
  const dashboard = app('jobs.charts', 'dashboard');
  expect(chooseDashboard([app('jobs.notes', 'notebook'), dashboard])).toBe(dashboard);
});

it('says what to do without one', () => {
  expect(() => chooseDashboard([app('jobs.workspace.dashboard', 'dashboard', true)])).toThrow(
    expect.objectContaining({ code: 'no_dashboard' }),
  );
});
