import { expect, it } from 'vitest';
import { formatTable } from './table.ts';

const rows = [{ run: 'shop.broken #3', result: "KeyError: 'b' (shop.py:24)", id: '04e659a4' }];
const columns = [
  { title: 'RUN', text: ({ run }: (typeof rows)[0]) => run },
  { title: 'RESULT', text: ({ result }: (typeof rows)[0]) => result, isProse: true },
  { title: 'ID', text: ({ id }: (typeof rows)[0]) => id, dropOrder: 1 },
];
const format = (width: number) => formatTable(rows, columns, { width }).trimEnd().split('\n');

it('shortens prose to keep other columns', () => {
  expect(format(80)).toEqual([
    'RUN             RESULT                      ID',
    "shop.broken #3  KeyError: 'b' (shop.py:24)  04e659a4",
  ]);
  expect(format(50)[1]).toBe("shop.broken #3  KeyError: 'b' (shop.py:…  04e659a4");
});

it('leaves optional columns out, then shortens prose, then the rest', () => {
  expect(format(40)).toEqual(['RUN             RESULT', "shop.broken #3  KeyError: 'b' (shop.py:…"]);
  expect(format(26)[1]).toBe('shop.broken #3  KeyError:…');
  expect(format(20)[1]).toBe('shop.brok…  KeyErro…');
});
