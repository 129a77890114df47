import { expect, it } from 'vitest';
import { listTerms } from './job-terms.ts';

const entryPoint = { module: 'shop', function: null, job_type: 'batch', launcher: 'module' } as const;
const termsOf = (declared: Partial<Parameters<typeof listTerms>[0]>) =>
  Object.fromEntries(listTerms({ entry_point: entryPoint, execute: {}, ...declared }));

it('the terms of a job are those that it declares', () => {
  expect(
    termsOf({
      execute: { timeout: { timeout: 5400 } },
      require: { timezone: 'Europe/Berlin' },
      interval: { start: '2026-01-01', end: '2026-06-01' },
      refresh_propagation: 'always',
      auto_refresh_pipeline_mode: 'drop_sources',
    }),
  ).toEqual({
    'Time zone': 'Europe/Berlin',
    Interval: 'from 2026-01-01 to 2026-06-01',
    Refresh: 'on every run; pipelines: drop sources',
    Timeout: '1 h 30 min',
  });
});

it('the terms of a job that declares none are the usual ones', () => {
  expect(termsOf({})).toMatchObject({ 'Time zone': 'UTC', Refresh: '', Timeout: '2 h' });
  expect(termsOf({ execute: { timeout: null } }).Timeout).toBe('none');
  expect(termsOf({ interval: { start: '2026-01-01' } }).Interval).toBe('from 2026-01-01');
  const app = { ...entryPoint, job_type: 'interactive' } as const;
  expect(termsOf({ entry_point: app, execute: { timeout: { timeout: 600 } } })).toMatchObject({
    'Idle timeout': '10 min',
  });
});
