import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import { migrateJobDefinition } from './job-definition-migration.ts';
import { findDeploymentProblems, isJobRef, readJobDefinition } from './job-definition-problems.ts';
import { buildDefinition } from './test-definition.ts';

interface JobMigrationCase {
  job_engine_1?: unknown;
  job_engine_2?: unknown;
}

const complete = {
  ...buildDefinition({
    job_ref: 'jobs.m.o',
    triggers: ['schedule:0 6 * * *', 'job.success:jobs.m.x', 'webhook:'],
    execute: { concurrency: null, timeout: { timeout: 60, grace_period: 2.5 }, intercept_signals: false },
    default_trigger: 'schedule:0 6 * * *',
    expose: { tags: 'x', category: 'pipeline', object_input: { entity_type: 'job-runs', input: 'run' } },
    require: { timezone: 'Europe/Berlin', profile: 'staging', instance: { size: 'large' }, provider: 'own' },
    interval: { start: '2026-01-01', end: '2026-02-01T00:00:00+02:00', mode: 'sequential' },
    freshness: ['job.is_fresh:jobs.m.x'],
  }),
  unknown_key: { kept: true },
};

describe('migrations vectors of dlt', () => {
  const cases = readVectors<JobMigrationCase>('migrations').filter(
    (vector) => vector.job_engine_1 !== undefined,
  );

  it('include a job of engine 1', () => {
    expect(cases).toHaveLength(1);
  });

  it.each(cases)('from engine 1', ({ job_engine_1: before, job_engine_2: after }) => {
    expect(migrateJobDefinition(before)).toEqual(after);
  });

  it('leaves engine 2 unchanged', () => {
    expect(migrateJobDefinition(complete)).toBe(complete);
  });
});

describe('readJobDefinition', () => {
  it('keeps a valid definition unchanged, including unknown and absent keys', () => {
    expect(readJobDefinition(complete)).toEqual({ ok: true, definition: complete });
  });

  it('accepts the plain script that the client wraps', () => {
    const script = {
      engine_version: 2,
      job_ref: 'jobs.load_orders',
      entry_point: {
        module: 'load_orders',
        function: null,
        job_type: 'batch',
        launcher: 'dlt._workspace.deployment.launchers.module',
      },
      triggers: [],
      execute: {},
      expose: { manual: true },
    };
    expect(readJobDefinition(script)).toEqual({ ok: true, definition: script });
  });

  it.each<[string, Record<string, unknown>]>([
    ['engine_version must be 2', { engine_version: 3 }],
    ['interval must be an object or absent', { interval: null }],
    ['agent must be an object or absent', { agent: null }],
    ['freshness must be a list of texts or absent', { freshness: null }],
    ['description must be a text or absent', { description: null }],
    ['triggers must be a list of texts', { triggers: 'every:5m', interval: undefined }],
    ['execute must be an object', { execute: undefined }],
    ['execute.concurrency must be a whole number of at least 1, or null', { execute: { concurrency: 0 } }],
    ['execute.timeout.timeout must be a number of seconds', { execute: { timeout: { timeout: '5m' } } }],
    [
      'expose.category must be one of pipeline, mcp, dashboard, notebook, background_agent',
      { expose: { category: 'x' } },
    ],
    ['expose.interface must be one of gui, rest_api, mcp', { expose: { interface: 'x' } }],
    ['expose.tags must be a text or a list of texts, none of them empty', { expose: { tags: [''] } }],
    [
      'require.instance.size must be one of small, medium, large, xlarge',
      { require: { instance: { size: 'xxl' } } },
    ],
    [
      "require.timezone '+02:00' is not an IANA zone such as Europe/Berlin",
      { require: { timezone: '+02:00' } },
    ],
    [
      "require.profile: profile 'dev' is for local use only and is not deployed",
      { require: { profile: 'dev' } },
    ],
    ['incremental_mode must be one of interval, pipeline', { incremental_mode: 'x' }],
    ['refresh_propagation must be one of auto, always, block', { refresh_propagation: 'x' }],
    [
      "Invalid trigger 'schedule:60 * * * *': invalid cron expression (minute: 60 is out of range 0-59)",
      { triggers: ['schedule:60 * * * *'] },
    ],
    ['only one schedule or every trigger is allowed', { triggers: ['schedule:0 6 * * *', 'every:5m'] }],
    ['a batch job cannot have an http trigger', { triggers: ['every:5m', 'http:'] }],
    [
      "trigger 'http:80/board' cannot be reached: declare a port from 1024 to 32767, or none, which is 5000",
      {
        entry_point: { ...complete.entry_point, job_type: 'interactive' },
        triggers: ['every:5m', 'http:80/board'],
      },
    ],
    [
      "trigger 'job.fail:jobs.m.o' makes the job follow itself",
      { triggers: ['every:5m', 'job.fail:jobs.m.o'] },
    ],
    ['a job cannot wait for its own freshness', { freshness: ['job.is_fresh:jobs.m.o'] }],
    [
      "freshness 'job.is_matching_interval_fresh:jobs.m.x' must be job.is_fresh:<job_ref>",
      { freshness: ['job.is_matching_interval_fresh:jobs.m.x'] },
    ],
    ['interval.start must be an ISO 8601 date or datetime', { interval: {} }],
    ['interval needs a schedule or every trigger', { triggers: ['tag:x'] }],
    ["Invalid trigger 'x': must be in type:expr form", { default_trigger: 'x' }],
  ])('finds: %s', (problem, change) => {
    expect(readJobDefinition({ ...complete, ...change })).toEqual({
      ok: false,
      problems: [`jobs.m.o: ${problem}`],
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['entry_point.job_type must be one of batch, interactive, stream', { job_type: 'x' }],
    ['entry_point.function must be a text or null', { function: undefined }],
    ['entry_point.module must be a text', { module: '' }],
    ['entry_point.launcher must be the dotted name of a module', { launcher: '-c' }],
  ])('finds in the entry point: %s', (problem, change) => {
    const changed = { ...complete, entry_point: { ...complete.entry_point, ...change } };
    expect(readJobDefinition(changed)).toEqual({ ok: false, problems: [`jobs.m.o: ${problem}`] });
  });

  it.each([null, 'x', [complete]])('rejects %j', (input) => {
    expect(readJobDefinition(input)).toEqual({ ok: false, problems: ['a job definition must be an object'] });
  });

  it('reports all problems at once', () => {
    const reading = readJobDefinition({});
    expect(reading).toMatchObject({ ok: false });
    expect(reading.ok ? [] : reading.problems.length).toBe(5);
  });
});

describe('isJobRef', () => {
  it.each(['jobs.a', 'jobs.a.b', 'jobs.__deployment__.b', 'jobs.ä_1'])('accepts %s', (ref) => {
    expect(isJobRef(ref)).toBe(true);
  });
  it.each([
    'jobs',
    'jobs.',
    'jobs.a.b.c',
    'jobs.py',
    'jobs.py.a',
    'jobs.a-b',
    'jobs.1a',
    'a.b',
    'jobs.a/../b',
  ])('rejects %s', (ref) => {
    expect(isJobRef(ref)).toBe(false);
  });
});

describe('findDeploymentProblems', () => {
  it('finds duplicate refs and refs to unknown jobs', () => {
    const after = buildDefinition({
      job_ref: 'jobs.b',
      triggers: ['job.success:jobs.a', 'job.fail:jobs.gone', 'job.fail:tag:x'],
      freshness: ['job.is_fresh:jobs.stored', 'job.is_fresh:jobs.lost'],
    });
    const first = buildDefinition({ job_ref: 'jobs.a' });
    expect(findDeploymentProblems([first, after, first], ['jobs.stored'])).toEqual([
      'jobs.a: is defined twice',
      "jobs.b: refers to unknown job 'jobs.gone'",
      "jobs.b: refers to unknown job 'jobs.lost'",
    ]);
  });
});
