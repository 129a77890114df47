import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import {
  classifyPartsOfSecret,
  classifyValues,
  listSecretSettings,
  listSecretValues,
} from './secret-values.ts';

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

describe('classifyValues', () => {
  const classify = (text: string) => classifyValues(parse(text));

  it('divides the strings of a secrets file by their keys', () => {
    const { everywhere, inTexts } = classify(`
      [destination.postgres.credentials]
      database = "analytics"
      username = "postgres"
      host = "db.example.com"
      password = "swordfish"
      port = 654321
      [sources.crm]
      zugang = "correct horse"
      api_key = 12345678
      short_token = "abcde"
      tokens = ["first-token", "second-token"]
      [sources.crm.headers]
      Authorization = "Bearer trout-42"
      [sources.token]
      region = "north-east"
    `);
    expect(everywhere.toSorted()).toEqual(
      ['12345678', 'Bearer trout-42', 'first-token', 'second-token', 'swordfish'].toSorted(),
    );
    expect(inTexts.toSorted()).toEqual(
      ['analytics', 'correct horse', 'db.example.com', 'north-east', 'postgres'].toSorted(),
    );
  });

  it.each<[string, string, string[]]>([
    ['the password of a URL', 'url = "postgresql://me:p%40ssw@rd@db/analytics"', ['p%40ssw@rd', 'p@ssw@rd']],
    ['the token of a URL', 'credentials = "md:///analytics?token=trout-42&x=1"', ['trout-42']],
    ['a shared access signature', 'address = "https://a.example.com/c?sv=2024&sig=trout%2B42"', ['trout+42']],
    [
      'a connection string',
      'dsn_of_db = "Server=db.example.com;Pwd=trout-42;Database=analytics"',
      ['trout-42'],
    ],
    ['a private key', 'pem_text = """-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADAN\n"""', ['MIIEvQIBADAN']],
    ['a key file', `key_file = '{"project_id": "analytics", "private_key": "trout-42"}'`, ['trout-42']],
    ['a token of a source', '[sources.crm]\ncredentials = "trout-42"', ['trout-42']],
  ])('finds %s', (_, text, secrets) => {
    const { everywhere } = classify(text);
    expect(everywhere).toEqual(expect.arrayContaining(secrets));
    expect(everywhere).not.toContain('analytics');
  });

  it.each([
    '[destination.duckdb]\ncredentials = "analytics.duckdb"',
    '[destination.x]\nbucket_url = "s3://analytics"',
  ])('leaves %s', (text) => {
    expect(classify(text).everywhere).toEqual([]);
    expect(classify(text).inTexts).toHaveLength(1);
  });

  it('never lists a value in both', () => {
    expect(classify('name = "swordfish"\npassword = "swordfish"')).toEqual({
      everywhere: ['swordfish'],
      inTexts: [],
    });
  });
});

it('listSecretSettings names the key of each secret', () => {
  const toml = parse('[destination.postgres.credentials]\nusername = "postgres"\npassword = "swordfish"');
  expect(listSecretSettings(toml)).toEqual([
    { key: 'destination.postgres.credentials.password', value: 'swordfish' },
  ]);
});

describe('classifyPartsOfSecret', () => {
  it.each<[string, string, string[], string[]]>([
    ['a word', 'swordfish', ['swordfish'], []],
    ['a short word', 'abc', [], []],
    ['a number', '12345678', ['12345678'], []],
    [
      'JSON',
      '{"type": "account", "key": "-----BEGIN-----\\nMIIEvQIBADAN"}',
      [
        '{"type": "account", "key": "-----BEGIN-----\\nMIIEvQIBADAN"}',
        '-----BEGIN-----\nMIIEvQIBADAN',
        '-----BEGIN-----',
        'MIIEvQIBADAN',
      ],
      ['account'],
    ],
    ['no JSON', '{swordfish', ['{swordfish'], []],
    [
      'an address with a password',
      'postgresql://loader:p%40ssw@rd@db:5432/shop',
      ['postgresql://loader:p%40ssw@rd@db:5432/shop', 'p%40ssw@rd', 'p@ssw@rd'],
      [],
    ],
    ['an address without one', 'https://index.example.com/simple', ['https://index.example.com/simple'], []],
    ['a bad escape', 'redis://:100%pure@db', ['redis://:100%pure@db', '100%pure'], []],
  ])('of %s', (_, value, everywhere, inTexts) => {
    expect(classifyPartsOfSecret(value)).toEqual({ everywhere, inTexts });
  });

  it('of deeply nested JSON', () => {
    const value = `${'['.repeat(15_000)}"swordfish"${']'.repeat(15_000)}`;
    expect(classifyPartsOfSecret(value)).toEqual({ everywhere: [value], inTexts: ['swordfish'] });
  });
});
