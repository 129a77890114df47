import { describe, expect, it } from 'vitest';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import { getDefaultTrigger, type JobDefinition, listTriggers } from './job-definition.ts';
import {
  compileGlob,
  expandEventSelectors,
  matchTriggers,
  pickTrigger,
  pickTriggerByRef,
  resolveRequestedTrigger,
} from './selectors.ts';
import { buildDefinition } from './test-definition.ts';

interface SelectorCase {
  job_ref: string;
  selector: string;
  matched: string[];
  picked?: string;
  expanded?: string[];
  default_trigger?: string | null;
}

const cases = readVectors<SelectorCase>('selectors');
const jobs = new Map<string, JobDefinition>(
  [
    buildDefinition({
      job_ref: 'jobs.m.orders',
      triggers: ['schedule:0 6 * * *', 'tag:nightly'],
      expose: { tags: ['ingest'] },
      deliver: { pipeline_name: 'orders' },
    }),
    buildDefinition({ job_ref: 'jobs.m.after', triggers: ['job.success:jobs.m.orders'] }),
    buildDefinition({ job_ref: 'jobs.app', triggers: ['http:'], jobType: 'interactive' }),
    buildDefinition({ job_ref: 'jobs.m.quiet', triggers: [], expose: { manual: false } }),
  ].map((definition) => [definition.job_ref, definition]),
);

describe('selector vectors of dlt', () => {
  it.each(cases)('$selector on $job_ref', ({ job_ref, selector, matched, picked, expanded, ...rest }) => {
    const job = getJob(job_ref);
    expect(matchTriggers(job, [selector])).toEqual(matched);
    expect(pickTrigger(job, matched)).toBe(picked ?? null);
    if (expanded !== undefined) expect(listTriggers(job)).toEqual(expanded);
    if (rest.default_trigger !== undefined) expect(getDefaultTrigger(job)).toBe(rest.default_trigger);
  });
});

describe('expand_event_selectors vector of dlt', () => {
  it('expands a selector to the jobs it matches, without the job itself and interactive ones', () => {
    const [expected] = readVectors<{ after_triggers: string[]; warnings: string[] }>(
      'expand_event_selectors',
    );
    const { triggers, warnings } = expandEventSelectors([
      buildDefinition({ job_ref: 'jobs.m.orders', expose: { tags: ['ingest'] } }),
      buildDefinition({ job_ref: 'jobs.m.users', expose: { tags: ['ingest'] } }),
      buildDefinition({ job_ref: 'jobs.m.app', jobType: 'interactive', expose: { tags: ['ingest'] } }),
      buildDefinition({
        job_ref: 'jobs.m.after',
        triggers: ['job.success:tag:ingest', 'job.fail:jobs.m.*', 'job.success:tag:none'],
        expose: { tags: ['ingest'] },
      }),
    ]);
    expect(triggers.get('jobs.m.after')).toEqual(expected?.after_triggers);
    expect(triggers.get('jobs.m.orders')).toEqual([]);
    expect(warnings).toEqual(expected?.warnings);
  });
});

describe('matchTriggers', () => {
  it('joins the matches of several selectors in trigger order', () => {
    expect(matchTriggers(getJob('jobs.m.orders'), ['tag:ingest', 'schedule'])).toEqual([
      'schedule:0 6 * * *',
      'tag:ingest',
    ]);
  });

  it('is empty without selectors', () => {
    expect(matchTriggers(getJob('jobs.m.orders'), [])).toEqual([]);
  });
});

describe('the trigger of a request', () => {
  it('is the default one for a job named by its id, otherwise its manual one', () => {
    expect(pickTriggerByRef(getJob('jobs.m.orders'))).toBe('schedule:0 6 * * *');
    expect(pickTriggerByRef(getJob('jobs.m.after'))).toBe('manual:jobs.m.after');
  });

  it('resolves only the bare manual trigger and declared ones', () => {
    const orders = getJob('jobs.m.orders');
    expect(resolveRequestedTrigger(orders, 'manual:')).toBe('manual:jobs.m.orders');
    expect(resolveRequestedTrigger(orders, 'manual')).toBe('manual:jobs.m.orders');
    expect(resolveRequestedTrigger(orders, 'schedule:')).toBe('schedule:0 6 * * *');
    expect(resolveRequestedTrigger(orders, 'tag:ingest')).toBe('tag:ingest');
    expect(resolveRequestedTrigger(orders, 'tag:other')).toBeNull();
    expect(resolveRequestedTrigger(orders, 'manual:jobs.m.after')).toBeNull();
    expect(resolveRequestedTrigger(getJob('jobs.m.quiet'), 'manual:')).toBeNull();
  });
});

describe('compileGlob', () => {
  it.each([
    ['tag:[ab]?', 'tag:bx', true],
    ['tag:[!ab]', 'tag:a', false],
    ['tag:[!ab]', 'tag:c', true],
    ['tag:[]x]', 'tag:]', true],
    ['tag:[a-c]', 'tag:b', true],
    ['tag:[c-a]', 'tag:b', false],
    ['tag:[', 'tag:[', true],
    ['tag:[]', 'tag:[]', true],
    ['tag:[!]', 'tag:[!]', true],
    ['a.b', 'axb', false],
    ['TAG:x', 'tag:x', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b', 'xxaxxbxx', false],
    ['a*b*c', 'abbc', true],
    ['*\n*', 'a\nb', true],
    ['[\\^-]', '^', true],
  ])('%j on %j is %s', (pattern, text, expected) => {
    expect(compileGlob(pattern).test(text)).toBe(expected);
  });

  it('takes bounded time on a pattern of many stars', () => {
    // A backtracking implementation would never finish here.
    expect(compileGlob(`${'*a'.repeat(40)}*b`).test('a'.repeat(400))).toBe(false);
  });
});

function getJob(ref: string): JobDefinition {
  const job = jobs.get(ref);
  if (job === undefined) throw new Error(`no job ${ref}`);
  return job;
}
