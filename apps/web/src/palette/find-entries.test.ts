import { describe, expect, it } from 'vitest';
import { findEntries, isClearMatch } from './find-entries.ts';
import type { PaletteEntry, PaletteGroup } from './palette-entry.ts';

const entry = (group: PaletteGroup, text: string, rest: Partial<PaletteEntry> = {}): PaletteEntry => ({
  id: `${group} ${text}`,
  group,
  text,
  whyNot: null,
  does: { kind: 'copy-link' },
  ...rest,
});

const entries = [
  entry('Recent', 'orders'),
  entry('Pages', 'Overview'),
  entry('Pages', 'Jobs'),
  entry('Jobs', 'load_shop'),
  entry('Jobs', 'shop_orders'),
  entry('Pipelines', 'shop'),
  entry('Columns', 'amount', { aside: 'shop_data.orders', keywords: 'shop_data.orders.amount' }),
  entry('Actions', 'Run shop_orders'),
];

/** Each group as `heading: entries`. */
const find = (typed: string) =>
  findEntries(entries, typed).map(({ group, entries: found }) =>
    [group, ...found.map(({ text }) => text)].join(' '),
  );

describe('the entries of the palette', () => {
  it('are the recent ones and the pages without input', () => {
    expect(find('')).toEqual(['Recent orders', 'Pages Overview Jobs']);
  });

  it('begin with the group of the best match, and in it with the best', () => {
    expect(find('shop')).toEqual([
      'Pipelines shop',
      'Jobs shop_orders load_shop',
      'Actions Run shop_orders',
      'Columns amount',
    ]);
    expect(find('jo')).toEqual(['Pages Jobs']);
  });

  it('contain all typed words, also in what is not shown', () => {
    expect(find('orders run')).toEqual(['Actions Run shop_orders']);
    expect(find('orders.amount')).toEqual(['Columns amount']);
    expect(find('nothing like it')).toEqual([]);
  });

  it('are only actions after >', () => {
    expect(find('>')).toEqual(['Actions Run shop_orders']);
    expect(find('> shop')).toEqual(['Actions Run shop_orders']);
    expect(find('>jobs')).toEqual([]);
  });

  it('are few of each group among several, and more of one alone', () => {
    const many = Array.from({ length: 60 }, (_, index) => entry('Jobs', `load_${index}`));
    const counts = (all: PaletteEntry[]) => findEntries(all, 'load').map((group) => group.entries.length);
    expect(counts(many)).toEqual([40]);
    expect(counts([...many, entry('Tables', 'loads')])).toEqual([6, 1]);
  });

  it('are certain when the first starts with the input', () => {
    expect(isClearMatch(findEntries(entries, 'jo'), 'jo')).toBe(true);
    expect(isClearMatch(findEntries(entries, 'orders'), 'orders')).toBe(false);
    expect(isClearMatch([], 'x')).toBe(false);
  });
});
