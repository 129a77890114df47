import { describe, expect, it } from 'vitest';
import {
  chooseProfile,
  findProfileProblem,
  getCategory,
  getConcurrencyLimit,
  getDefaultTrigger,
  getGraceSeconds,
  getIdleTimeoutSeconds,
  getInterface,
  getTimeoutSeconds,
  listTags,
  listTriggers,
  toCanonicalJson,
} from './job-definition.ts';
import { buildDefinition } from './test-definition.ts';

const DASHBOARD_LAUNCHER = 'dlt._workspace.deployment.launchers.dashboard';

describe('triggers of a job', () => {
  it('treat a single tag as a list of one, and list each trigger once', () => {
    const definition = buildDefinition({ triggers: ['tag:x'], expose: { tags: 'x' } });
    expect(listTags(definition)).toEqual(['x']);
    expect(listTriggers(definition)).toEqual(['tag:x', 'manual:jobs.m.f']);
  });

  it('default to the stored trigger, then the clock, then the first that is not an event', () => {
    expect(getDefaultTrigger(buildDefinition({ triggers: ['tag:a', 'every:5m'] }))).toBe('every:5m');
    expect(getDefaultTrigger(buildDefinition({ triggers: ['deployment:', 'webhook:x'] }))).toBe('webhook:x');
    expect(getDefaultTrigger(buildDefinition({ triggers: ['deployment:', 'job.fail:jobs.a'] }))).toBeNull();
    expect(
      getDefaultTrigger(buildDefinition({ triggers: ['tag:a', 'tag:b'], default_trigger: 'tag:b' })),
    ).toBe('tag:b');
  });
});

describe('run limits', () => {
  it('are 120 minutes and 30 seconds for a batch job that declares none', () => {
    expect(getTimeoutSeconds(buildDefinition())).toBe(7200);
    expect(getGraceSeconds(buildDefinition())).toBe(30);
    expect(getTimeoutSeconds(buildDefinition({ execute: { timeout: { grace_period: 5 } } }))).toBe(7200);
    expect(getGraceSeconds(buildDefinition({ execute: { timeout: { grace_period: 5 } } }))).toBe(5);
    expect(getTimeoutSeconds(buildDefinition({ execute: { timeout: { timeout: 60 } } }))).toBe(60);
    expect(getTimeoutSeconds(buildDefinition({ execute: { timeout: null } }))).toBeNull();
  });

  it('are idle time for an interactive job', () => {
    const app = buildDefinition({ jobType: 'interactive', execute: { timeout: { timeout: 300 } } });
    expect(getTimeoutSeconds(app)).toBeNull();
    expect(getIdleTimeoutSeconds(app)).toBe(300);
    expect(getIdleTimeoutSeconds(buildDefinition({ execute: { timeout: { timeout: 300 } } }))).toBeNull();
  });

  it('allow one run at a time unless declared otherwise', () => {
    expect(getConcurrencyLimit(buildDefinition())).toBe(1);
    expect(getConcurrencyLimit(buildDefinition({ execute: { concurrency: null } }))).toBeNull();
    expect(getConcurrencyLimit(buildDefinition({ execute: { concurrency: 3 } }))).toBe(3);
  });
});

describe('interface and category', () => {
  it.each([
    ['a.launchers.mcp', 'mcp', 'mcp'],
    ['a.launchers.marimo', 'gui', 'notebook'],
    ['a.launchers.streamlit', 'gui', 'dashboard'],
    [DASHBOARD_LAUNCHER, 'gui', 'dashboard'],
    ['a.launchers.job', 'rest_api', null],
  ])('of %s', (launcher, expectedInterface, category) => {
    const definition = buildDefinition({
      entry_point: { module: 'm', function: null, job_type: 'interactive', launcher },
    });
    expect(getInterface(definition)).toBe(expectedInterface);
    expect(getCategory(definition)).toBe(category);
  });

  it('are the declared ones if present', () => {
    const definition = buildDefinition({ expose: { interface: 'gui', category: 'dashboard' } });
    expect(getInterface(definition)).toBe('gui');
    expect(getCategory(definition)).toBe('dashboard');
  });

  it('of batch jobs: no interface; pipeline if the job delivers one', () => {
    expect(getInterface(buildDefinition())).toBeNull();
    expect(getCategory(buildDefinition({ deliver: { pipeline_name: 'p' } }))).toBe('pipeline');
    expect(getCategory(buildDefinition({ agent: { engine_version: 1, name: 'a' } }))).toBe(
      'background_agent',
    );
  });
});

describe('chooseProfile', () => {
  const batch = buildDefinition();
  const app = buildDefinition({ jobType: 'interactive' });
  const own = buildDefinition({ require: { profile: 'staging' } });

  it('prefers the request, then the job, then the default of the job type', () => {
    expect(chooseProfile(own, 'other', [])).toEqual({ ok: true, profile: 'other' });
    expect(chooseProfile(own, null, [])).toEqual({ ok: true, profile: 'staging' });
    expect(chooseProfile(batch, null, ['access'])).toEqual({ ok: true, profile: 'prod' });
    expect(chooseProfile(app, null, ['access', 'prod'])).toEqual({ ok: true, profile: 'access' });
    expect(chooseProfile(app, null, ['prod'])).toEqual({ ok: true, profile: 'prod' });
  });

  it.each(['dev', 'tests', '../x', '', 'a b'])('rejects %j', (profile) => {
    expect(chooseProfile(batch, profile, [])).toMatchObject({ ok: false });
    expect(findProfileProblem(profile)).not.toBeNull();
  });
});

describe('toCanonicalJson', () => {
  it('is equal for objects that differ only in key order', () => {
    expect(toCanonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
    expect(toCanonicalJson({ a: [1, 2] })).not.toBe(toCanonicalJson({ a: [2, 1] }));
  });
});
