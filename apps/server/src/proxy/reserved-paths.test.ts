import { describe, expect, it } from 'vitest';
import { isReserved, localPath, readSwapCode } from './reserved-paths.ts';

describe('isReserved', () => {
  it.each([
    '/-pumphouse',
    '/-pumphouse/',
    '/-pumphouse/enter',
    '/-pumphouse/..%2fx',
    '/-pumphouse/../x',
    '//-pumphouse/enter',
    '/./-pumphouse/enter',
    '/x/../-pumphouse/enter',
    '/x/..%2f-pumphouse/enter',
    '/x/%2e%2e/-pumphouse/enter',
    '/%2dpumphouse/enter',
    '/%252dpumphouse/enter',
    '/%25252dpumphouse/enter',
    '/\\-pumphouse/enter',
    '/x%5c..%5c-pumphouse/enter',
    '/-Pumphouse/enter',
    '/-pumphouse;x=1/enter',
  ])('accepts %s', (path) => expect(isReserved(path)).toBe(true));

  it.each(['/', '/x/-pumphouse', '/-pumphouses', '/pumphouse', '/%', '/x/%zz'])('rejects %s', (path) =>
    expect(isReserved(path)).toBe(false),
  );
});

describe('readSwapCode', () => {
  it.each([
    ['/?swap=abc', { code: 'abc', rest: '/' }],
    ['/x?swap=a%2Bb', { code: 'a+b', rest: '/x' }],
    ['/x?a=1&swap=abc&b=%20', { code: 'abc', rest: '/x?a=1&b=%20' }],
    ['/x?swap=', { code: '', rest: '/x' }],
    ['/x?swap=a&swap=b', { code: 'a', rest: '/x' }],
  ])('reads the code of %s', (url, expected) => expect(readSwapCode(url)).toEqual(expected));

  it.each(['/', '/swap=x', '/?swaps=x', '/?x=swap=1'])('finds none in %s', (url) =>
    expect(readSwapCode(url)).toBeNull(),
  );
});

describe('localPath', () => {
  const origin = 'http://sales.localhost:8081';

  it('keeps a path and its query', () => {
    expect(localPath('/a/b?c=1', origin)).toBe('/a/b?c=1');
  });

  it.each([null, '', 'x', '//evil.com', '/\\evil.com', '/\t/evil.com', 'https://evil.com/', '/..//evil.com'])(
    'returns the start page for %s',
    (text) => expect(localPath(text, origin)).toBe('/'),
  );
});
