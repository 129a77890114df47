import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { listPartsOfSecret, listSecretValues } from './secret-values.ts';

describe('listSecretValues', () => {
  it('lists strings of at least six characters from all levels, longest first, without duplicates', () => {
    const toml = parse(`
      api_key = "abcdef"
      short = "abcde"
      number = 1234567
      flag = true
      day = 2026-11-24T10:00:00Z
      [destination.postgres.credentials]
      password = "correct horse"
      again = "abcdef"
      list = ["item-one", ["item-two"], 12345678]
    `);
    expect(listSecretValues(toml)).toEqual(['correct horse', 'item-one', 'item-two', 'abcdef']);
  });

  it('lists the long lines of a multi-line value, and the value', () => {
    const key = '-----BEGIN-----\nMIIEvQIBADAN\nabc\n  indented-line\n';
    expect(listSecretValues({ key })).toEqual([
      key,
      key.trim(),
      '  indented-line',
      '-----BEGIN-----',
      'indented-line',
      'MIIEvQIBADAN',
    ]);
  });

  it('omits blank values', () => {
    expect(listSecretValues({ a: ' '.repeat(10), b: null, c: '\n\n\n\n\n\n\n' })).toEqual([]);
  });
});

describe('listPartsOfSecret', () => {
  it.each<[string, string, string[]]>([
    ['a word', 'swordfish', ['swordfish']],
    ['a short word', 'abc', []],
    ['a number', '12345678', ['12345678']],
    [
      'JSON',
      '{"type": "account", "key": "-----BEGIN-----\\nMIIEvQIBADAN"}',
      [
        '{"type": "account", "key": "-----BEGIN-----\\nMIIEvQIBADAN"}',
        '-----BEGIN-----\nMIIEvQIBADAN',
        '-----BEGIN-----',
        'MIIEvQIBADAN',
        'account',
      ],
    ],
    ['no JSON', '{swordfish', ['{swordfish']],
    [
      'an address with a password',
      'postgresql://loader:p%40ssw@rd@db:5432/shop',
      ['postgresql://loader:p%40ssw@rd@db:5432/shop', 'p%40ssw@rd', 'p@ssw@rd'],
    ],
    ['an address without one', 'https://index.example.com/simple', ['https://index.example.com/simple']],
    ['a bad escape', 'redis://:100%pure@db', ['redis://:100%pure@db', '100%pure']],
  ])('of %s', (_, value, parts) => {
    expect(listPartsOfSecret(value)).toEqual(parts);
  });

  it('of deeply nested JSON', () => {
    const value = `${'['.repeat(15_000)}"swordfish"${']'.repeat(15_000)}`;
    expect(listPartsOfSecret(value)).toEqual([value, 'swordfish']);
  });
});
