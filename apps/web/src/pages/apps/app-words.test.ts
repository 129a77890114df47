import type { AppResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { currentLink, describeIdle, describeKind, describeLink, describeStanding } from './app-words.ts';

const now = new Date(2026, 10, 26, 12, 0, 0);
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

describe('the kind of an app', () => {
  it.each([
    ['gui', 'notebook', 'Notebook'],
    ['gui', 'dashboard', 'Dashboard'],
    ['gui', null, 'Web page'],
    ['mcp', 'dashboard', 'MCP server'],
    ['rest_api', null, 'HTTP'],
    ['of_a_newer_server', 'background_agent', 'HTTP'],
  ])('met by %s, of the category %s, is %s', (met, category, word) => {
    expect(describeKind({ interface: met, category })).toBe(word);
  });
});

type Standing = Pick<AppResponse, 'state' | 'failure' | 'stop_reason' | 'job_run' | 'is_archived'>;

const run = (rest: Partial<NonNullable<AppResponse['job_run']>> = {}) => ({
  id: 'r',
  status: 'running',
  wait_reason: null,
  created_at: at(-75),
  listening_since: null,
  last_used_at: null,
  ...rest,
});

describe('how an app is', () => {
  const words = (app: Partial<Standing>) => {
    const {
      look,
      reason,
      words: said,
    } = describeStanding(
      { state: 'stopped', failure: null, stop_reason: null, job_run: null, is_archived: false, ...app },
      now,
    );
    return [look.word, reason, said];
  };
  const failedUntil = (seconds: number): Partial<Standing> => ({
    state: 'failed',
    failure: {
      detail: 'The run ended with exit code 1.',
      retry_at: at(seconds),
      job_run_id: 'r',
      reason: null,
    },
  });

  it('is said with the time since it answers, or since it was made', () => {
    const ready = words({ state: 'ready', job_run: run({ listening_since: at(-3600) }) });
    expect(ready).toEqual(['Ready', null, 'since 11:00']);
    expect(words({ state: 'starting', job_run: run() })).toEqual(['Starting', null, 'for 1 min 15 s']);
  });

  it('is said with what it waits for, and why it was stopped', () => {
    const wait_reason = 'No free slot: 8 of 8 apps in use. It starts when one is free.';
    const waiting = words({ state: 'starting', job_run: run({ status: 'pending', wait_reason }) });
    expect(waiting).toEqual(['Starting', wait_reason, 'for 1 min 15 s']);
    const stop_reason = 'It was idle, and another app needed its slot.';
    expect(words({ stop_reason })).toEqual(['Stopped', stop_reason, 'The next visit starts it.']);
  });

  it('does not count backwards where the clock of the viewer is behind', () => {
    expect(words({ state: 'starting', job_run: run({ created_at: at(5) }) })[2]).toBe('for 0 s');
  });

  it('says why it failed, and when a visit starts it again', () => {
    const detail = 'The run ended with exit code 1.';
    expect(words(failedUntil(40))).toEqual([
      'Failed',
      detail,
      'A visit starts it again in 40 s at the soonest.',
    ]);
    expect(words(failedUntil(0))).toEqual(['Failed', detail, 'The next visit starts it again.']);
  });

  it('does not promise that a visit starts one whose job is archived', () => {
    const archived = { is_archived: true };
    expect(words(archived)).toEqual(['Stopped', null, 'Its job is archived: nothing starts it.']);
    expect(words({ ...failedUntil(0), ...archived })[2]).toBe('Its job is archived: nothing starts it.');
  });

  it('says what a stopped one waits for, and takes a state that it does not know', () => {
    expect(words({ state: 'stopped' })).toEqual(['Stopped', null, 'The next visit starts it.']);
    expect(words({ state: 'sleeping' })).toEqual(['sleeping', null, '']);
  });
});

it.each([
  [null, 'never by itself'],
  [1800, 'after 30 min unused'],
  [5400, 'after 1 h 30 min unused'],
])('says of %s seconds when it stops', (seconds, words) => {
  expect(describeIdle(seconds)).toBe(words);
});

describe('a public link', () => {
  const link = (expiresAt: string | null, hasPassword = false) => ({
    url: 'http://app/',
    expires_at: expiresAt,
    has_password: hasPassword,
    created_at: at(-60),
  });

  it('is none once its time is over', () => {
    expect(currentLink(link(at(0)), now.getTime())).toBeNull();
    expect(currentLink(link(at(1)), now.getTime())).toMatchObject({ url: 'http://app/' });
    expect(currentLink(link(null), now.getTime())).not.toBeNull();
    expect(currentLink(null, now.getTime())).toBeNull();
  });

  it('says how long it is good, and what it asks for', () => {
    expect(describeLink(link(null), now)).toBe('until it is taken back');
    expect(describeLink(link(at(3600), true), now)).toBe('until 13:00, with a password');
  });
});
