import { expect, test } from 'vitest';
import { choosePosition, type FollowingPage } from './page-position.ts';

const page = (workspaceId: string, position: string | null, atMs = 0): FollowingPage => ({
  workspaceIds: [workspaceId],
  load: position === null ? null : { position, atMs },
});

test('the oldest page that follows one of the workspaces decides', () => {
  const pages = [page('a', 'second', 2000), page('a', 'first', 1000), page('b', 'before', 0)];
  expect(choosePosition(pages, ['a'], 3000)).toBe('first');
  expect(choosePosition(pages, ['a', 'b'], 3000)).toBe('before');
});

test('a page that was loaded long ago, or without a position, may have older data', () => {
  expect(choosePosition([page('a', 'old', 0), page('a', 'new', 50_000)], ['a'], 60_000)).toBeNull();
  expect(choosePosition([page('a', null), page('a', 'new', 50_000)], ['a'], 60_000)).toBeNull();
  expect(choosePosition([page('b', null), page('a', 'new', 50_000)], ['a'], 60_000)).toBe('new');
});
