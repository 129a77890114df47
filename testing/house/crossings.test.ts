/** The table of crossings in docs/contribute/testing.md: each pair of features has a test, or a reason why there is none. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

const page = readFileSync(join(repositoryFolder, 'docs/contribute/testing.md'), 'utf8');
const section = page.split('\n## Crossings\n')[1] ?? '';
const features = /^Features: (.+)\.$/m.exec(section)?.[1]?.split(', ') ?? [];
const rows = [...section.matchAll(/^\| ([a-z ]+?) +\| ([a-z ]+?) +\| (.+?) +\|$/gm)]
  .map(([, one = '', other = '', shown = '']) => ({ pair: `${one} × ${other}`, shown }))
  .filter(({ pair }) => pair !== 'feature × feature');

/** @returns what a cell names wrongly: a text that names neither a test nor a reason, or a test that is not in its file */
function findProblems(shown: string): string[] {
  if (/^Nothing to cross: .{20,}/.test(shown)) return [];
  return shown.split('; ').filter((named) => {
    const [, file = '', title = ''] = /^`([^`]+(?:\.test\.ts|test_\w+\.py))`: (.{5,})$/.exec(named) ?? [];
    const path = join(repositoryFolder, file);
    return title === '' || !existsSync(path) || !readFileSync(path, 'utf8').includes(title);
  });
}

describe('the table of crossings', () => {
  it('has each pair of its features once, in their order', () => {
    expect(features.length).toBeGreaterThanOrEqual(17);
    const pairs = features.flatMap((one, at) => features.slice(at + 1).map((other) => `${one} × ${other}`));
    expect(rows.map(({ pair }) => pair)).toEqual(pairs);
  });

  it.each(rows)('names tests that exist, or a reason, for $pair', ({ shown }) => {
    expect(findProblems(shown)).toEqual([]);
  });

  it.each([
    ['no test', 'To be written.'],
    ['a short reason', 'Nothing to cross: no.'],
    ['a file that is missing', '`testing/house/nothing.test.ts`: has each pair'],
    ['a file without a title', '`testing/house/crossings.test.ts`'],
    ['a file that is no test', '`testing/fixtures/server.ts`: startTestServer'],
    [
      'one test of two',
      '`testing/house/crossings.test.ts`: has each pair; `testing/house/lint.test.ts`: has each pair',
    ],
  ])('refuses %s', (_, shown) => {
    expect(findProblems(shown)).toHaveLength(1);
  });
});
