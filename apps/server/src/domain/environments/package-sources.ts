import { z } from 'zod';
import { isPlainObject } from '../primitives/plain-object.ts';
import { hasUrl, normalizeName, readName, RequirementsError } from './requirements.ts';

const index = z.object({
  name: z
    .string()
    .regex(/^[A-Za-z0-9._-]+$/)
    .optional(),
  url: z.string(),
  default: z.boolean().optional(),
  explicit: z.boolean().optional(),
  format: z.enum(['simple', 'flat']).optional(),
  authenticate: z.enum(['auto', 'always', 'never']).optional(),
  'ignore-error-codes': z.array(z.int()).optional(),
});
type PackageIndex = z.output<typeof index>;

const source = z.object({
  index: z.string().optional(),
  url: z.string().optional(),
  git: z.string().optional(),
  rev: z.string().optional(),
  tag: z.string().optional(),
  branch: z.string().optional(),
  lfs: z.boolean().optional(),
  subdirectory: z.string().optional(),
  marker: z.string().optional(),
});
const strategy = z.enum(['first-index', 'unsafe-first-match', 'unsafe-best-match']);

/** Where the packages of an environment come from, in the keys of `[tool.uv]`. Other keys are dropped. */
export const packageSources = z.object({
  index: z.array(index),
  'index-strategy': strategy.optional(),
  /** By normalized name. */
  sources: z.record(z.string(), z.array(source)),
});
export type PackageSources = z.output<typeof packageSources>;

const declaredSource = source.extend({
  group: z.string().optional(),
  extra: z.string().optional(),
  path: z.string().optional(),
  workspace: z.boolean().optional(),
});
const declaration = z.object({
  index: z.array(index).default([]),
  'index-url': z.string().optional(),
  'extra-index-url': z.array(z.string()).default([]),
  'index-strategy': strategy.optional(),
  sources: z
    .record(
      z.string(),
      z.union([z.array(declaredSource), declaredSource.transform((one) => [one])], {
        error: 'must be a source, or a list of sources',
      }),
    )
    .default({}),
});

/** What `[tool.uv]` of a workspace declares: also sources of groups, and those that a server cannot use. */
export interface DeclaredSources extends PackageSources {
  sources: Record<string, z.output<typeof declaredSource>[]>;
}

export const noPackageSources: DeclaredSources = { index: [], sources: {} };

/**
 * Reads the package indexes and sources of a workspace.
 * @param pyproject the parsed `pyproject.toml`
 * @throws {RequirementsError} `invalid_package_sources`
 */
export function parsePackageSources(pyproject: unknown): DeclaredSources {
  const tool = isPlainObject(pyproject) ? pyproject['tool'] : undefined;
  const declared = isPlainObject(tool) ? tool['uv'] : undefined;
  if (declared === undefined) return noPackageSources;
  const read = declaration.safeParse(declared);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw invalid(`tool.uv.${issue?.path.join('.') ?? ''} is not valid: ${issue?.message ?? ''}`);
  }
  const { index: named, 'index-url': only, 'extra-index-url': extra, sources: listed, ...rest } = read.data;
  const indexes = [
    ...named,
    ...extra.map((url) => ({ url })),
    ...(only === undefined ? [] : [{ url: only, default: true }]),
  ];
  for (const one of indexes) checkIndex(one);
  const sources = Object.fromEntries(
    Object.entries(listed).map(([name, entries]) => [normalizeName(name), entries]),
  );
  checkNames(indexes, sources);
  return { index: indexes, ...rest, sources };
}

/**
 * Chooses what the build of an environment needs; undefined if nothing changes where its packages come from.
 * An entry for a group counts if the environment has the group. One for an extra never does: no environment has
 * extras of the workspace.
 * @throws {RequirementsError} `local_requirement` for a package that comes from the client's disk
 */
export function choosePackageSources(
  declared: DeclaredSources,
  { requirements, groups }: { requirements: readonly string[]; groups: readonly string[] },
): PackageSources | undefined {
  const needed = new Set(requirements.filter((line) => !hasUrl(line)).map(readName));
  const sources: PackageSources['sources'] = {};
  for (const [name, entries] of Object.entries(declared.sources)) {
    const chosen = entries.filter(
      ({ group, extra }) => extra === undefined && (group === undefined || groups.includes(group)),
    );
    if (!needed.has(name) || chosen.length === 0) continue;
    if (chosen.some(isLocal)) {
      throw new RequirementsError(
        'local_requirement',
        `the source of '${name}' in pyproject.toml points to a folder of the machine it was deployed from; publish the package or use a URL`,
      );
    }
    sources[name] = z.array(source).parse(chosen);
  }
  const used = new Set(
    Object.values(sources)
      .flat()
      .map((one) => one.index),
  );
  const indexes = declared.index.filter((one) => one.explicit !== true || used.has(one.name));
  if (indexes.length === 0 && Object.keys(sources).length === 0) return undefined;
  const { 'index-strategy': order } = declared;
  return { index: indexes, ...(order !== undefined && { 'index-strategy': order }), sources };
}

/** One line for each index, for the log of the build. */
export function describeIndexes({ index: indexes, sources }: PackageSources): string[] {
  return indexes.map(({ name, url, explicit }) => {
    const { origin, pathname } = new URL(url);
    const whose = Object.keys(sources).filter((one) => sources[one]?.some((entry) => entry.index === name));
    const only = explicit === true ? ` (only for ${whose.join(', ')})` : '';
    return `Package index of pyproject.toml: ${name === undefined ? '' : `${name}, `}${origin}${pathname}${only}`;
  });
}

function checkIndex({ name, url }: PackageIndex): void {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (address === null || !['http:', 'https:'].includes(address.protocol)) {
    throw invalid(
      `the index ${name ?? 'without a name'} has no http or https URL, and a server has no files of the machine that deploys`,
    );
  }
  if (address.username === '' && address.password === '') return;
  const prefix = `UV_INDEX_${(name ?? '<NAME>').toUpperCase().replaceAll(/[^A-Z0-9<>]/g, '_')}`;
  throw invalid(
    `the URL of the index ${name ?? 'without a name'} has a user name or password, which would be stored with the code; ` +
      `remove them${name === undefined ? ', give the index a name' : ''} and set the variables ${prefix}_USERNAME and ${prefix}_PASSWORD of the workspace instead`,
  );
}

function checkNames(indexes: readonly PackageIndex[], sources: DeclaredSources['sources']): void {
  const names = new Set(indexes.map(({ name }) => name));
  for (const [name, entries] of Object.entries(sources)) {
    const unknown = entries.find((one) => one.index !== undefined && !names.has(one.index));
    if (unknown === undefined) continue;
    throw invalid(
      `the source of '${name}' names the index '${unknown.index}', which no [[tool.uv.index]] declares`,
    );
  }
}

function isLocal({ path, workspace, url, git }: DeclaredSources['sources'][string][number]): boolean {
  return path !== undefined || workspace === true || /^(?:git\+)?file:/i.test(url ?? git ?? '');
}

function invalid(reason: string): RequirementsError {
  return new RequirementsError(
    'invalid_package_sources',
    `the package sources of pyproject.toml cannot be used: ${reason}`,
  );
}
