import { describe, expect, it } from 'vitest';
import { findUnresolvable } from './included-requirements.ts';

const index = '--extra-index-url https://pypi.example.com/simple\n';
const find = async (files: Record<string, string>) =>
  (await findUnresolvable('requirements.txt', (path) => Promise.resolve(files[path])))?.message.split(
    ': ',
  )[0];

describe('findUnresolvable', () => {
  it.each<[what: string, files: Record<string, string>, place: string]>([
    ['the file itself', { 'requirements.txt': `dlt\n${index}` }, 'requirements.txt:2:1'],
    ['an included file', { 'requirements.txt': '-r base.txt', 'base.txt': `\n\n${index}` }, 'base.txt:3:1'],
    [
      'a file that is included by an included one, by its place',
      {
        'requirements.txt': 'dlt\n--requirement=deps/all.txt',
        'deps/all.txt': '-c ../limits.txt\n-rmore.txt',
        'limits.txt': 'six<2\n',
        'deps/more.txt': index,
      },
      'deps/more.txt:1:1',
    ],
    ['constraints', { 'requirements.txt': '--constraint ./c.txt', 'c.txt': '-e ../x' }, 'c.txt:1:1'],
  ])('finds a line in %s', async (_, files, place) => {
    expect(await find(files)).toBe(place);
  });

  it.each<[what: string, files: Record<string, string>]>([
    ['that include each other', { 'requirements.txt': '-r a.txt', 'a.txt': '-r requirements.txt\nsix' }],
    ['that are not there', { 'requirements.txt': '-r a.txt\n-r /a.txt\n-r https://example.com/a.txt' }],
    ['outside of the workspace', { 'requirements.txt': '-r ../a.txt', 'a.txt': index }],
  ])('finds nothing in files %s', async (_, files) => {
    expect(await find(files)).toBeUndefined();
  });
});
