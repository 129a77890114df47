import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

const sourceFolder = join(repositoryFolder, 'apps/web/src');
/** Beyond the scale of spaces, a length is part of a layout. */
const largestSpaceRem = 2;
/** Sizes in px are for drawings, which have coordinates of their own. */
const rules: readonly { what: RegExp; isWrong: (value: string) => boolean }[] = [
  { what: /(?:^|[\s;{])font-size:\s*([^;}]+)/g, isWrong: (value) => /\drem|\dem\b/.test(value) },
  {
    what: /(?:^|[\s;{])font-weight:\s*([^;}]+)/g,
    isWrong: (value) => !/^(?:400|var\(--weight-strong\))$/.test(value),
  },
  {
    what: /(?:^|[\s;{])(?:padding|margin|gap|row-gap|column-gap)(?:-[a-z-]+)?:\s*([^;}]+)/g,
    isWrong: (value) =>
      [...value.matchAll(/(?<![\w.])([\d.]+)rem/g)].some(([, size]) => Number(size) <= largestSpaceRem),
  },
];

it('style sheets take sizes, weights and spaces from the design tokens', async () => {
  const names = (await readdir(sourceFolder, { recursive: true })).filter(
    (name) => name.endsWith('.css') && !name.endsWith('tokens.css'),
  );
  expect(names.length).toBeGreaterThan(30);
  const wrong: string[] = [];
  for (const name of names) {
    const text = await readFile(join(sourceFolder, name), 'utf8');
    for (const { what, isWrong } of rules)
      for (const [found, value = ''] of text.matchAll(what))
        if (isWrong(value.trim())) wrong.push(`${name}: ${found.trim()}`);
  }
  expect(wrong, 'see docs/contribute/console-design.md').toEqual([]);
});
