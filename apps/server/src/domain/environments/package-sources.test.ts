import { describe, expect, it } from 'vitest';
import {
  choosePackageSources,
  describeIndexes,
  noPackageSources,
  packageSources,
  parsePackageSources,
} from './package-sources.ts';

const company = { name: 'company', url: 'https://pypi.example.com/simple', explicit: true };
const parse = (uv: unknown) => parsePackageSources({ tool: { uv } });
const needs = (...requirements: string[]) => ({ requirements, groups: ['main', 'reports'] });

describe('parsePackageSources', () => {
  it('reads indexes in the order in which uv asks them, and drops all other settings', () => {
    const uv = {
      index: [{ ...company, 'publish-url': 'https://upload.example.com' }],
      'index-url': 'https://mirror.example.com/simple',
      'extra-index-url': ['https://extra.example.com/simple'],
      'index-strategy': 'first-index',
      'keyring-provider': 'subprocess',
      'config-settings': { '--build-option': 'x' },
      sources: { Acme_Core: { index: 'company' } },
    };
    expect(parse(uv)).toEqual({
      index: [
        company,
        { url: 'https://extra.example.com/simple' },
        { url: 'https://mirror.example.com/simple', default: true },
      ],
      'index-strategy': 'first-index',
      sources: { 'acme-core': [{ index: 'company' }] },
    });
  });

  it.each([undefined, {}, { tool: {} }, { project: { name: 'a' } }])('finds none in %j', (pyproject) => {
    expect(parsePackageSources(pyproject)).toEqual(noPackageSources);
  });

  it.each([
    [
      { index: [{ name: 'acme-internal', url: 'https://me:secret-word@pypi.example.com/simple' }] },
      /the URL of the index acme-internal has a user name or password.+UV_INDEX_ACME_INTERNAL_USERNAME and UV_INDEX_ACME_INTERNAL_PASSWORD/,
    ],
    [
      { 'extra-index-url': ['https://token@pypi.example.com/simple'] },
      /give the index a name.+UV_INDEX_<NAME>_USERNAME/,
    ],
    [{ index: [{ name: 'a', url: './wheels' }] }, /the index a has no http or https URL/],
    [{ index: [{ name: 'a', url: 'file:///wheels' }] }, /the index a has no http or https URL/],
    [{ index: [{ name: 'a' }] }, /tool\.uv\.index\.0\.url is not valid/],
    [{ index: [company], sources: { a: { index: 'other' } } }, /the source of 'a' names the index 'other'/],
    [{ sources: { a: 'company' } }, /tool\.uv\.sources\.a is not valid: must be a source/],
  ])('rejects %j', (uv, message) => {
    expect(() => parse(uv)).toThrow(message);
    expect(() => parse(uv)).toThrow(expect.objectContaining({ problem: 'invalid_package_sources' }));
    expect(() => parse(uv)).not.toThrow(/secret-word|token@/);
  });
});

describe('choosePackageSources', () => {
  it('keeps what the requirements need', () => {
    const unused = { name: 'torch', url: 'https://torch.example.com', explicit: true };
    const open = { name: 'mirror', url: 'https://mirror.example.com/simple' };
    const declared = parse({
      index: [company, unused, open],
      sources: { 'acme-core': { index: 'company' }, torch: { index: 'torch' }, direct: { index: 'torch' } },
    });
    const chosen = choosePackageSources(
      declared,
      needs('Acme.Core==1', 'direct @ https://example.com/a.whl'),
    );
    expect(chosen).toEqual({ index: [company, open], sources: { 'acme-core': [{ index: 'company' }] } });
    expect(packageSources.parse(chosen)).toEqual(chosen);
  });

  it('is undefined if nothing changes where packages come from, so that environments are kept', () => {
    const declared = parse({ index: [company], sources: { 'acme-core': { index: 'company' } } });
    expect(choosePackageSources(declared, needs('dlt'))).toBeUndefined();
    expect(choosePackageSources(noPackageSources, needs('dlt'))).toBeUndefined();
  });

  it('applies sources of the groups that are installed, and none of extras', () => {
    const marker = "sys_platform == 'linux'";
    const declared = parse({
      index: [company],
      sources: {
        a: [
          { index: 'company', group: 'reports', marker },
          { git: 'https://git.example.com/a', group: 'dev' },
          { url: 'https://example.com/a.whl', extra: 'gpu' },
        ],
      },
    });
    expect(choosePackageSources(declared, needs('a'))?.sources).toEqual({
      a: [{ index: 'company', marker }],
    });
  });

  it.each([{ path: '../core', editable: true }, { workspace: true }, { url: 'file:///core.whl' }])(
    'rejects the source %j of a package that is needed',
    (source) => {
      const declared = parse({ sources: { core: source } });
      const asked = () => choosePackageSources(declared, needs('core'));
      expect(asked).toThrow(expect.objectContaining({ problem: 'local_requirement' }));
      expect(asked).toThrow(/the source of 'core' in pyproject.toml points to a folder/);
      expect(choosePackageSources(declared, needs('dlt'))).toBeUndefined();
    },
  );
});

it('describeIndexes names indexes without what a query may hide', () => {
  const declared = parse({
    index: [company, { url: 'https://mirror.example.com/simple?token=word' }],
    sources: { a: { index: 'company' }, b: { index: 'company' } },
  });
  expect(describeIndexes(choosePackageSources(declared, needs('a', 'b')) ?? noPackageSources)).toEqual([
    'Package index of pyproject.toml: company, https://pypi.example.com/simple (only for a, b)',
    'Package index of pyproject.toml: https://mirror.example.com/simple',
  ]);
});
