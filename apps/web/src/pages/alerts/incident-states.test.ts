import { describe, expect, it } from 'vitest';
import { describeScope, incidentAppearance, pauseEnd, severityAppearance } from './incident-states.ts';

const none = { job_ids: [], job_patterns: [], tags: [], pipeline_names: [] };

describe('texts of alerts', () => {
  it.each([
    [none, 'all jobs'],
    [{ ...none, job_ids: ['a'] }, '1 job'],
    [{ ...none, job_ids: ['a', 'b'], job_patterns: ['jobs.x.*'], tags: ['t'] }, '2 jobs, jobs.x.*, tag t'],
    [{ ...none, pipeline_names: ['orders'] }, 'pipeline orders'],
  ])('describe a scope: %j', (scope, text) => {
    expect(describeScope({ scope })).toBe(text);
  });

  it('show words of a newer server as they are', () => {
    expect(incidentAppearance({ state: 'parked' }).word).toBe('parked');
    expect(severityAppearance('fatal').word).toBe('fatal');
  });

  it('count the end of a pause from now', () => {
    expect(pauseEnd(4, 0)).toBe('1970-01-01T04:00:00.000Z');
  });
});
