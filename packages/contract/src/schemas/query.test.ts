import { describe, expect, it } from 'vitest';
import { routesById } from '../routes.ts';

const listJobs = routesById.list_jobs.query;
const listJobRuns = routesById.list_job_runs.query;

describe('the query of a list', () => {
  it('fills in defaults and leaves everything else absent', () => {
    expect(listJobs.parse({})).toEqual({ limit: 100, offset: 0, timezone: 'UTC' });
  });

  it('parses numbers, booleans and lists from text', () => {
    const text = {
      limit: '1000',
      offset: '10000',
      is_archived: 'false',
      job_type: 'batch',
      status: ['pending', 'running'],
      sort: ['name', 'created_at'],
      order: ['asc', 'desc'],
      start: '2026-11-17T22:50:31.769721',
      end: '2026-11-18T22:50:31+02:00',
    };
    expect(listJobs.parse(text)).toEqual({
      ...text,
      limit: 1000,
      offset: 10_000,
      timezone: 'UTC',
      is_archived: false,
      job_type: ['batch'],
    });
  });

  it('keeps a comma inside a list value', () => {
    expect(listJobs.parse({ tags: 'a,b' }).tags).toEqual(['a,b']);
  });

  it('accepts values that are already parsed', () => {
    expect(
      listJobRuns.parse({ limit: 5, include_system_job_runs: true, min_duration_seconds: 0.5 }),
    ).toMatchObject({
      limit: 5,
      include_system_job_runs: true,
      min_duration_seconds: 0.5,
    });
  });

  it.each([
    ['limit', '0'],
    ['limit', '1001'],
    ['limit', ''],
    ['limit', '1e2'],
    ['limit', '0x10'],
    ['limit', ' 5'],
    ['limit', '2.5'],
    ['limit', ['1', '2']],
    ['offset', '-1'],
    ['offset', '10001'],
    ['is_archived', '1'],
    ['is_archived', 'True'],
    ['is_archived', ['true', 'false']],
    ['job_type', 'pipeline'],
    ['status', ['running', 'invented']],
    ['start', 'yesterday'],
    ['timezone', ['UTC', 'UTC']],
    ['order', 'asc'],
  ])('rejects %s=%j', (name, value) => {
    const outcome = listJobs.safeParse({ [name]: value });
    expect(outcome.error?.issues[0]?.path[0]).toBe(name);
  });

  it('accepts a cursor or an offset, not both', () => {
    expect(listJobs.safeParse({ cursor: 'c', offset: '0' }).success).toBe(true);
    expect(listJobs.safeParse({ cursor: 'c', offset: '1' }).error?.issues[0]?.path).toEqual(['cursor']);
  });

  it('requires as many orders as sort keys', () => {
    expect(listJobs.safeParse({ sort: 'name' }).success).toBe(true);
    expect(listJobs.safeParse({ sort: ['name', 'created_at'], order: 'asc' }).success).toBe(false);
  });
});
