import { describe, expect, it } from 'vitest';
import { createRecentErrors } from '../platform/recent-errors.ts';
import { createServerLog } from './server-log.ts';

describe('the log of a server', () => {
  it('notes warnings and errors with their exception, and counts repeated ones', () => {
    const recent = createRecentErrors();
    const log = createServerLog({ logLevel: 'silent' }, recent);
    log.level = 'error';
    const quiet = createRecentErrors();
    createServerLog({ logLevel: 'silent' }, quiet).error('unheard');
    expect(quiet.list()).toEqual([]);

    log.info('fine');
    log.warn('below the level');
    for (let times = 0; times < 3; times += 1)
      log.child({ loop: 'ticks' }).error({ err: new Error('no connection') }, 'ticks failed');
    log.error(new Error('boom'));
    log.error({ detail: 'uv is missing' }, 'attempts cannot be run');
    expect(recent.list()).toMatchObject([
      { level: 'error', message: 'attempts cannot be run', error: 'uv is missing', count: 1 },
      { level: 'error', message: 'boom', error: null, count: 1 },
      { level: 'error', message: 'ticks failed', error: 'no connection', count: 3 },
    ]);
  });
});

describe('recent errors', () => {
  it('keep the newest, each cut at a length', () => {
    const recent = createRecentErrors(2);
    for (const message of ['one', 'two', 'one', 'x'.repeat(1000)])
      recent.note({ level: 'error', message, error: null });
    expect(recent.list().map(({ message, count }) => [message.length, count])).toEqual([
      [500, 1],
      [3, 2],
    ]);
    expect(recent.list()[1]?.message).toBe('one');
  });
});
