/** Where real builds look for packages, with a private index beside a public one. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parsePackageSources, choosePackageSources } from '../../domain/environments/package-sources.ts';
import type { EnvironmentSpec } from '../contract/environment-builder.ts';
import { createBuildSite, runPython, type BuildSite } from './testing/build-site.ts';
import { createPackageIndex, type PackageIndex } from './testing/package-index.ts';
import { canBeShared } from './resolutions.ts';

const password = 'a-password-of-the-index';

let site: BuildSite;
/** Stands for the registry at which any person may register any name. */
let registry: PackageIndex;
let company: PackageIndex;

const holding = (word: string) => ({ files: { 'acme_core.py': `WORD = '${word}'\n` } });

beforeEach(async () => {
  site = await createBuildSite();
  registry = site.index;
  company = await createPackageIndex('127.0.0.1', `reader:${password}`);
  await registry.addWheel('acme-core', { version: '99.0', ...holding('of an attacker') });
  await registry.addWheel('acme-core', holding('of an attacker'));
  await registry.addWheel('leftpad');
  await company.addWheel('acme-core', holding('of the company'));
});

afterEach(async () => {
  await company.close();
  await site.remove();
});

const credentials = (value = password) => ({
  UV_INDEX_COMPANY_USERNAME: 'reader',
  UV_INDEX_COMPANY_PASSWORD: value,
});

function createSpec(requirements: string[], uv: object, variables: Record<string, string>): EnvironmentSpec {
  const declared = parsePackageSources({ tool: { uv } });
  return site.createSpec(requirements, {
    variables: { UV_DEFAULT_INDEX: registry.url, ...variables },
    maskedValues: Object.values(variables).filter((value) => value !== 'reader'),
    packageSources: choosePackageSources(declared, { requirements, groups: ['main'] }),
  });
}

async function build(spec: EnvironmentSpec) {
  const loopbackPorts = [registry, company].map(({ url }) => Number(new URL(url).port));
  const lines: string[] = [];
  const executor = site.createExecutor({
    runsNetwork: { isShared: false, loopbackPorts, closedNetworks: [] },
  });
  const { path } = await executor.buildEnvironment(spec, ({ text }) => lines.push(text));
  const word = await runPython(path, 'import acme_core; print(acme_core.WORD)');
  return { word, log: lines.join('\n') };
}

const explicit = () => ({
  index: [{ name: 'company', url: company.url, explicit: true }],
  sources: { Acme_Core: { index: 'company' } },
});

it.each([
  ['as the project declares it', ['acme-core', 'leftpad']],
  ['pinned, as the client exports it', ['acme-core==1.0', 'leftpad==1.0']],
])(
  'asks only the index of a source for its package, and an explicit one for no other: %s',
  async (_, lines) => {
    const { word, log } = await build(createSpec(lines, explicit(), credentials()));
    expect(word).toBe('of the company');
    expect(company.listAsked()).toEqual(['acme-core']);
    expect(registry.listAsked()).toEqual(['leftpad']);
    expect(log).not.toContain(password);
  },
);

it('asks an index that is not explicit first, and the others only for what it does not have', async () => {
  const uv = { index: [{ name: 'company', url: company.url }] };
  const { word } = await build(createSpec(['acme-core', 'leftpad'], uv, credentials()));
  expect(word).toBe('of the company');
  expect(company.listAsked()).toEqual(['acme-core', 'leftpad']);
  expect(registry.listAsked()).toEqual(['leftpad']);
});

it('chooses a source by its marker, from a list', async () => {
  const sources = {
    'acme-core': [
      { index: 'registry', marker: "sys_platform != 'linux'" },
      { index: 'company', marker: "sys_platform == 'linux'" },
    ],
  };
  const index = [...explicit().index, { name: 'registry', url: registry.url, explicit: true }];
  expect((await build(createSpec(['acme-core'], { index, sources }, credentials()))).word).toBe(
    'of the company',
  );
});

it.each([
  ['explicit', explicit],
  ['not explicit', () => ({ index: [{ name: 'company', url: company.url }] })],
])('fails for a wrong password without asking another index; the index is %s', async (_, uv) => {
  const failed = build(createSpec(['acme-core'], uv(), credentials('a-wrong-password')));
  await expect(failed).rejects.toThrow(
    `The package index ${company.url} answered 401 Unauthorized: check UV_INDEX_<NAME>_USERNAME`,
  );
  await expect(failed).rejects.not.toThrow(/a-wrong-password/);
  expect(registry.listAsked()).toEqual([]);
});

it('keeps what other indexes delivered for its workspace', async () => {
  const spec = createSpec(['acme-core==1.0'], explicit(), credentials());
  expect(canBeShared({ ...spec, variables: {}, packageSources: undefined })).toBe(true);
  expect(canBeShared({ ...spec, variables: {} })).toBe(false);
});
