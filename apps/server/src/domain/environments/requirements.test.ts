import { describe, expect, it } from 'vitest';
import { buildDefinition } from '../jobs/test-definition.ts';
import { manifestBuildDefinition } from '../jobs/manifest-build.ts';
import { readVectors } from '../../../../../testing/fixtures/vectors.ts';
import {
  buildInstallSet,
  chooseInstallSet,
  describeEnvironment,
  includesEmbeddedDatabase,
  includesUnlockedDatabase,
  readName,
  readRequirementsManifest,
  RequirementsError,
} from './requirements.ts';

const JOB_LAUNCHER = 'dlt._workspace.deployment.launchers.job';

const manifest = readRequirementsManifest({
  engine_version: 2,
  python_version: '3.11',
  dlt_version: { name: 'dlt', extras: ['duckdb'], version: '1.31.0', mode: 'pypi' },
  default_groups: ['main'],
  groups: {
    main: ['requests==2.32.0 ; python_version >= "3.10"', 'dlt[duckdb,hub]==1.31.0', 's3fs>=2024'],
    reports: ['polars', 'requests==2.32.0 ; python_version >= "3.10"'],
    toString: ['odd-name'],
  },
  launcher_requirements: { [JOB_LAUNCHER]: ['dlthub==0.30.0', 'botocore', 's3fs', 'uvicorn'] },
});

describe('migrations vectors of dlt', () => {
  const cases = readVectors<{ requirements_engine_2?: Record<string, unknown> }>('migrations')
    .map((vector) => vector.requirements_engine_2)
    .filter((expected) => expected !== undefined);

  it('include a manifest', () => {
    expect(cases).toHaveLength(1);
  });

  it.each(cases)('a manifest of engine 1', (expected) => {
    const { dlt_version: _added, ...before } = expected;
    expect(readRequirementsManifest({ ...before, engine_version: 1 })).toEqual(expected);
  });
});

describe('readRequirementsManifest', () => {
  it.each<[string, unknown]>([
    ['it must be an object', null],
    ['engine_version must be 1 or 2', { engine_version: 3, python_version: '3.11' }],
    ["python_version must be major.minor, such as '3.12'", { engine_version: 2, python_version: '3.11.2' }],
    [
      'groups.main must be a list of texts',
      { engine_version: 2, python_version: '3.11', groups: { main: 'x' } },
    ],
  ])('rejects: %s', (reason, input) => {
    expect(catchProblem(() => readRequirementsManifest(input))).toEqual({
      problem: 'invalid_manifest',
      message: `the requirements manifest is not valid: ${reason}`,
    });
  });
});

describe('chooseInstallSet', () => {
  const groups = {
    main: ['requests'],
    ml: ['numpy'],
    dev: ['pytest'],
    'jobs.workspace.dashboard': ['marimo'],
    'agent-loop-pydantic-ai': ['pydantic-ai'],
  };
  const grouped = { ...manifest, default_groups: ['main'], groups };

  it('gives a job the groups that it names', () => {
    const { entry_point, require } = buildDefinition({ require: { dependency_groups: ['ml'] } });
    expect(chooseInstallSet(grouped, { entry_point, ...(require && { require }) })).toEqual(
      buildInstallSet(grouped, ['ml'], entry_point.launcher),
    );
  });

  it('gives the build of a manifest all groups that jobs may name, and what jobs get', () => {
    expect(chooseInstallSet(grouped, manifestBuildDefinition)).toEqual(
      buildInstallSet(grouped, ['ml'], JOB_LAUNCHER),
    );
    const bare = { ...grouped, groups: { main: ['requests'], dev: ['pytest'] } };
    expect(chooseInstallSet(bare, manifestBuildDefinition)).toEqual(buildInstallSet(bare, [], JOB_LAUNCHER));
  });
});

describe('buildInstallSet', () => {
  it('joins groups and launcher, sorted, without dlthub and without what only the launcher needs for S3', () => {
    expect(buildInstallSet(manifest, ['reports'], JOB_LAUNCHER)).toEqual({
      pythonVersion: '3.11',
      requirements: [
        'dlt[duckdb]==1.31.0',
        'polars',
        'requests==2.32.0 ; python_version >= "3.10"',
        's3fs>=2024',
        'uvicorn',
      ],
      groups: ['main', 'reports'],
      leftOut: ['botocore', 'dlthub==0.30.0', "extra 'hub' of dlt[duckdb,hub]==1.31.0", 's3fs'],
      raised: [],
    });
  });

  it("adds dlt in the client's version if no requirement names it", () => {
    const bare = { ...manifest, groups: { main: ['requests', 'dlt-hub'] } };
    expect(buildInstallSet(bare, [], 'unknown.launcher').requirements).toEqual([
      'dlt-hub',
      'dlt[duckdb]==1.31.0',
      'requests',
    ]);
  });

  it.each([
    [
      { mode: 'git', git_url: 'https://example.org/dlt.git', git_rev: 'abc' },
      'dlt @ git+https://example.org/dlt.git@abc',
    ],
    [{ mode: 'archive', archive_url: 'https://example.org/dlt.whl' }, 'dlt @ https://example.org/dlt.whl'],
    [{ mode: 'editable' }, 'dlt==1.31.0'],
  ])("installs dlt from the client's source: %j", (source, expected) => {
    const dlt = { name: 'dlt', extras: [], version: '1.31.0', ...source };
    const bare = { ...manifest, groups: { main: [] }, dlt_version: dlt };
    expect(buildInstallSet(bare, [], JOB_LAUNCHER).requirements).toContain(expected);
  });

  it.each(['DLTHub', 'dlthub[x]>=1', ' dlthub ; python_version > "3"'])('leaves out %j', (line) => {
    expect(buildWith(line).requirements).toEqual(['dlt[duckdb]==1.31.0']);
  });

  it('names the missing group', () => {
    for (const group of ['extra', 'constructor']) {
      expect(catchProblem(() => buildInstallSet(manifest, [group], JOB_LAUNCHER))).toEqual({
        problem: 'missing_group',
        message: `dependency group '${group}' is not in the deployed requirements (groups there: main, reports, toString)`,
      });
    }
    expect(buildInstallSet(manifest, ['toString'], JOB_LAUNCHER).requirements).toContain('odd-name');
  });

  it.each([
    'pkg @ file:///home/user/pkg',
    'pkg@file:///home/user/pkg',
    'pkg[x] @ ../pkg',
    'pkg @ wheels/pkg-1.0-py3-none-any.whl',
    'pkg @ git+file:///home/user/pkg',
    './pkg',
    '../pkg',
    '/home/user/pkg',
    '~/pkg',
    'C:\\pkg',
    '.',
    'pkg-1.0-py3-none-any.whl',
    'file:///home/user/pkg',
  ])("rejects %s, which is on the client's machine", (line) => {
    expect(catchProblem(() => buildWith(line))).toMatchObject({ problem: 'local_requirement' });
  });

  it.each(['-e .', '--index-url https://example.org', '-r other.txt', '???'])('rejects %s', (line) => {
    expect(catchProblem(() => buildWith(line))).toMatchObject({ problem: 'unsupported_line' });
  });

  it.each(['-r other.txt', '--requirement=other.txt', '-cother.txt'])(
    'says where the lines of %s belong',
    (line) => {
      const { message } = catchProblem(() => buildWith(line));
      expect(message).toContain('put the lines of that file into the file itself or into pyproject.toml');
      expect(message).not.toContain('UV_DEFAULT_INDEX');
    },
  );

  it.each([
    'pkg @ git+https://example.org/pkg@main',
    'pkg @ git+ssh://git@example.org/pkg',
    'pkg @ https://example.org/pkg-1.0.tar.gz',
    'pkg.zip==1.0',
  ])('keeps %s', (line) => {
    expect(buildWith(line).requirements).toContain(line);
  });
});

describe('includesEmbeddedDatabase', () => {
  it.each([
    ['duckdb==1.4', true],
    ['duckdb_engine', true],
    ['LanceDB>=0.2', true],
    ['dlt[lancedb]==1.31.0', true],
    ['dlt[parquet, sqlalchemy]', true],
    ['ibis-framework[duckdb]', true],
    ['dlt[postgres]==1.31.0', false],
    ['duckdb-something-else', false],
  ])('%s: %s', (line, expected) => {
    expect(includesEmbeddedDatabase(['requests', line])).toBe(expected);
  });
});

describe('includesUnlockedDatabase', () => {
  it.each([
    ['kuzu', true],
    ['Chromadb>=1', true],
    ['duckdb==1.4', false],
    ['lancedb', false],
    ['dlt[duckdb,sqlalchemy]', false],
  ])('%s: %s', (line, expected) => {
    const manifest = {
      engine_version: 2,
      python_version: '3.12',
      groups: { main: ['requests'], more: [line] },
    };
    expect(includesUnlockedDatabase({ ...manifest, dlt_version: { name: 'dlt', version: '1.31.0' } })).toBe(
      expected,
    );
  });
});

describe('describeEnvironment', () => {
  const set = { pythonVersion: '3.11', requirements: ['a', 'b'] };

  it('is equal for one environment and different for any difference', () => {
    const key = describeEnvironment('org', set, 'linux-x64');
    expect(describeEnvironment('org', { ...set, requirements: ['b', 'a'] }, 'linux-x64')).toBe(key);
    expect(describeEnvironment('other', set, 'linux-x64')).not.toBe(key);
    expect(describeEnvironment('org', { ...set, pythonVersion: '3.12' }, 'linux-x64')).not.toBe(key);
    expect(describeEnvironment('org', { ...set, requirements: ['a,b'] }, 'linux-x64')).not.toBe(key);
    expect(describeEnvironment('org', set, 'linux-arm64')).not.toBe(key);
    expect(describeEnvironment('org', set, 'linux-x64', [])).toBe(key);
    expect(describeEnvironment('org', set, 'linux-x64', [['UV_INDEX', 'plain x']])).not.toBe(key);
  });
});

describe('readName', () => {
  it.each([
    ['Foo.Bar_baz>=1', 'foo-bar-baz'],
    ['dlt[duckdb]', 'dlt'],
    ['==1', ''],
  ])('of %s', (line, name) => {
    expect(readName(line)).toBe(name);
  });
});

function buildWith(line: string): ReturnType<typeof buildInstallSet> {
  return buildInstallSet({ ...manifest, groups: { main: [line] } }, [], 'unknown.launcher');
}

function catchProblem(run: () => unknown): { problem: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof RequirementsError) return { problem: error.problem, message: error.message };
    throw error;
  }
  throw new Error('nothing was thrown');
}
