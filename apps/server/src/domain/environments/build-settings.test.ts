import type { RunVariable } from '../variables/run-variable.ts';
import { describe, expect, it } from 'vitest';
import { chooseBuildSettings } from './build-settings.ts';

const plain = (name: string, value = 'v'): RunVariable => ({ name, value, isSecret: false, revision: 'r' });
const secret = (name: string, value: string, revision = 'r'): RunVariable => ({
  name,
  value,
  isSecret: true,
  revision,
});

describe('chooseBuildSettings', () => {
  it('includes indexes, their credentials and proxies', () => {
    const names = [
      'UV_DEFAULT_INDEX',
      'UV_INDEX',
      'UV_INDEX_CORP_USERNAME',
      'UV_INDEX_CORP_PASSWORD',
      'UV_HTTP_TIMEOUT',
      'HTTPS_PROXY',
      'HTTP_PROXY',
      'NO_PROXY',
      'ALL_PROXY',
      'https_proxy',
      'SSL_CERT_FILE',
    ];
    const { variables, ignored } = chooseBuildSettings(names.map((name) => plain(name)));
    expect(Object.keys(variables)).toEqual(names);
    expect(ignored).toEqual([]);
  });

  it('excludes variables for runs, and reports those that look like build settings', () => {
    const names = ['API_TOKEN', 'LD_PRELOAD', 'MY_UV_INDEX', 'uv_index', 'FTP_PROXY'];
    const misplaced = ['UV_CACHE_DIR', 'UV_PYTHON', 'UV_OFFLINE', 'UV_EXCLUDE', 'UV_INDEXES', 'UV_LINK_MODE'];
    const settings = chooseBuildSettings([...names, ...misplaced].map((name) => plain(name)));
    expect(settings).toEqual({
      variables: {},
      maskedValues: [],
      packageSettings: [],
      ignored: misplaced,
    });
  });

  it('masks the secrets that a build gets, and no others', () => {
    const settings = chooseBuildSettings([
      secret('HTTPS_PROXY', 'http://me:swordfish@proxy:3128'),
      secret('API_TOKEN', 'for runs only'),
      plain('UV_INDEX', 'https://plain.example.com'),
    ]);
    expect(settings.maskedValues).toEqual(['http://me:swordfish@proxy:3128', 'swordfish']);
  });

  it('distinguishes environments by the settings that decide their packages, in any order, and not by secret values', () => {
    const index = plain('UV_DEFAULT_INDEX', 'https://one.example.com');
    const password = secret('UV_INDEX_CORP_PASSWORD', 'swordfish', 'r1');
    const keyOf = (...variables: RunVariable[]) =>
      JSON.stringify(chooseBuildSettings(variables).packageSettings);
    const key = keyOf(index, password);
    expect(keyOf(password, index)).toBe(key);
    expect(keyOf(password, index, secret('HTTPS_PROXY', 'http://proxy'), plain('OTHER'))).toBe(key);
    expect(keyOf(index, { ...password, value: 'another' })).toBe(key);
    expect(key).not.toContain('swordfish');
    const others = [
      keyOf(index, { ...password, revision: 'r2' }),
      keyOf({ ...index, value: 'https://two.example.com' }, password),
      keyOf({ ...index, isSecret: true }, password),
      keyOf(index),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });
});
