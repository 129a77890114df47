import type { AppResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { currentLink, describeIdle, describeKind, describeLink, describeAppStatus } from './app-texts.ts';

const now = new Date(2026, 10, 26, 12, 0, 0);
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

describe('the type of an app', () => {
  it.each([
    ['gui', 'notebook', 'Notebook'],
    ['gui', 'dashboard', 'Dashboard'],
    ['gui', null, 'Web page'],
    ['mcp', 'dashboard', 'MCP server'],
    ['rest_api', null, 'HTTP'],
    ['of_a_newer_server', 'background_agent', 'HTTP'],
  ])('with the interface %s and the category %s is %s', (met, category, word) => {
    expect(describeKind({ interface: met, category })).toBe(word);
  });
});

type ShownApp = Pick<AppResponse, 'state' | 'failure' | 'stop_reason' | 'job_run' | 'is_archived'>;

const run = (rest: Partial<NonNullable<AppResponse['job_run']>> = {}) => ({
  id: 'r',
  status: 'running',
  wait_reason: null,
  created_at: at(-75),
  listening_since: null,
  last_used_at: null,
  ...rest,
});

describe('the state of an app', () => {
  const text = (app: Partial<ShownApp>) => {
    const {
      look,
      reason,
      text: output,
    } = describeAppStatus(
      { state: 'stopped', failure: null, stop_reason: null, job_run: null, is_archived: false, ...app },
      now,
    );
    return [look.word, reason, output];
  };
  const failedUntil = (seconds: number): Partial<ShownApp> => ({
    state: 'failed',
    failure: {
      detail: 'The run ended with exit code 1.',
      retry_at: at(seconds),
      job_run_id: 'r',
      reason: null,
    },
  });

  it('has the time since it is ready, or since its run was created', () => {
    const ready = text({ state: 'ready', job_run: run({ listening_since: at(-3600) }) });
    expect(ready).toEqual(['Ready', null, 'since 11:00']);
    expect(text({ state: 'starting', job_run: run() })).toEqual(['Starting', null, 'for 1 min 15 s']);
  });

  it('has the wait reason or the stop reason', () => {
    const wait_reason = 'No free slot: 8 of 8 apps in use. It starts when one is free.';
    const waiting = text({ state: 'starting', job_run: run({ status: 'pending', wait_reason }) });
    expect(waiting).toEqual(['Starting', wait_reason, 'for 1 min 15 s']);
    const stop_reason = 'It was idle, and another app needed its slot.';
    expect(text({ stop_reason })).toEqual(['Stopped', stop_reason, 'Starts on the next visit.']);
  });

  it('has no negative duration if the viewer’s clock is behind', () => {
    expect(text({ state: 'starting', job_run: run({ created_at: at(5) }) })[2]).toBe('for 0 s');
  });

  it('has the failure and the retry time', () => {
    const detail = 'The run ended with exit code 1.';
    expect(text(failedUntil(40))).toEqual(['Failed', detail, 'Retry in 40 s']);
    expect(text(failedUntil(0))).toEqual(['Failed', detail, 'Restarts on the next visit.']);
  });

  it('does not promise a restart if the job is archived', () => {
    const archived = { is_archived: true };
    expect(text(archived)).toEqual(['Stopped', null, 'The job is archived, so the app does not start.']);
    expect(text({ ...failedUntil(0), ...archived })[2]).toBe(
      'The job is archived, so the app does not start.',
    );
  });

  it('names the next step of a stopped app, and accepts unknown states', () => {
    expect(text({ state: 'stopped' })).toEqual(['Stopped', null, 'Starts on the next visit.']);
    expect(text({ state: 'sleeping' })).toEqual(['sleeping', null, '']);
  });
});

it.each([
  [null, 'none'],
  [1800, '30 min'],
  [5400, '1 h 30 min'],
])('describes an idle timeout of %s seconds', (seconds, text) => {
  expect(describeIdle(seconds)).toBe(text);
});

describe('a public link', () => {
  const link = (expiresAt: string | null, hasPassword = false) => ({
    url: 'http://app/',
    expires_at: expiresAt,
    has_password: hasPassword,
    created_at: at(-60),
  });

  it('is null after its expiry', () => {
    expect(currentLink(link(at(0)), now.getTime())).toBeNull();
    expect(currentLink(link(at(1)), now.getTime())).toMatchObject({ url: 'http://app/' });
    expect(currentLink(link(null), now.getTime())).not.toBeNull();
    expect(currentLink(null, now.getTime())).toBeNull();
  });

  it('is described by its expiry and password requirement', () => {
    expect(describeLink(link(null), now)).toBe('does not expire');
    expect(describeLink(link(at(3600), true), now)).toBe('expires 13:00, password required');
  });
});
