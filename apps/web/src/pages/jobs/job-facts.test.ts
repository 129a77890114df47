import { describe, expect, it } from 'vitest';
import { listJobFacts } from './job-facts.ts';

const definition = {
  engine_version: 2,
  job_ref: 'jobs.shop',
  triggers: [],
  entry_point: { module: 'shop', function: null, job_type: 'batch' as const, launcher: 'module' },
  execute: {},
};

const factsOf = (changes: object) =>
  Object.fromEntries(
    listJobFacts({
      job_definition: { ...definition, ...changes },
      job_type: 'batch',
      profile: 'prod',
      current_version: null,
    }),
  );

describe('the facts of a job', () => {
  it('say what holds where the job declares nothing', () => {
    expect(factsOf({})).toEqual({
      Type: 'batch',
      Profile: 'prod',
      Code: 'shop',
      Timeout: '2 h',
      Concurrency: '1',
      'Time zone': 'UTC',
    });
  });

  it('say what it declares, also that there is no limit', () => {
    const facts = factsOf({
      execute: { concurrency: null, timeout: null },
      deliver: { pipeline_name: 'shop' },
      interval: { start: '2026-01-01', end: '2026-02-01' },
      require: { timezone: 'Europe/Berlin' },
    });
    expect(facts).toMatchObject({
      Timeout: 'none',
      Concurrency: 'unlimited',
      Pipeline: 'shop',
      Interval: 'from 2026-01-01 to 2026-02-01',
      'Time zone': 'Europe/Berlin',
    });
    expect(factsOf({ execute: { timeout: { timeout: 90 } } }).Timeout).toBe('1 min 30 s');
    expect(factsOf({ execute: { timeout: { timeout: 0 } } }).Timeout).toBe('none');
  });
});
