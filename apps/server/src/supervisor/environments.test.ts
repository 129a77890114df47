import type { EnvironmentRequest, Environments } from './environments.ts';
import type { Executor } from '../executors/executor.ts';
import type { JobDefinition } from '../domain/jobs/job-definition.ts';
import type { RunVariable } from '../domain/variables/run-variable.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chooseBuildSettings } from '../domain/environments/build-settings.ts';
import { createEnvironments } from './environments.ts';
import { createFakeExecutor } from '../executors/fake/fake-executor.ts';
import {
  createWorkspaceFixture,
  defineJob,
  plainRequirements,
} from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { eventually } from '../../../../testing/fixtures/eventually.ts';
import { holdBuilds } from './testing/held-builds.ts';
import { noPackageSources, parsePackageSources } from '../domain/environments/package-sources.ts';
import { noFaultPoints } from '../platform/fault-points.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const never = new AbortController().signal;

function createServerOf(executor: Executor, owner: string, leaseSeconds = 30): Environments {
  const { persistence } = fixture;
  return createEnvironments({
    persistence,
    executor,
    owner,
    leaseSeconds,
    platform: 'test',
    faultPoints: noFaultPoints,
  });
}

async function describeRequest(
  requirements: unknown = plainRequirements,
  keys: Partial<JobDefinition> = {},
  at = context,
): Promise<EnvironmentRequest> {
  const deployment = await at.uploadDeployment(requirements);
  return {
    deployment,
    definition: defineJob('jobs.a', keys),
    organization: { id: at.organizationId, uid: 61_000 },
    settings: chooseBuildSettings([]),
    packageSources: noPackageSources,
  };
}

/** Requests an environment as a run does; `lines` collects its log output. */
function ask(environments: Environments, request: EnvironmentRequest, signal = never) {
  const lines: string[] = [];
  const location = environments.ensure(request, (line) => lines.push(line.content), signal);
  // The tests await it later; until then a rejection must not count as unhandled.
  location.catch(() => undefined);
  return { lines, location };
}

it('an environment has the archive of its own build, whatever the executor reports', async () => {
  const fake = createFakeExecutor();
  const archive = { id: 'of-another', parts: 1, sizeBytes: 1, unpackedBytes: 1, sha256: '0'.repeat(64) };
  const upload = { id: 'of-this-build', url: 'http://server', secret: 'secret', ticket: 'ticket' };
  const given: unknown[] = [];
  const environments = createEnvironments({
    persistence: fixture.persistence,
    executor: {
      ...fake,
      async buildEnvironment(spec, ...more) {
        given.push(spec.upload);
        return { ...(await fake.buildEnvironment(spec, ...more)), archive };
      },
    },
    owner: 'a',
    leaseSeconds: 30,
    platform: 'test',
    planUpload: async () => upload,
    faultPoints: noFaultPoints,
  });
  const location = await ask(environments, await describeRequest()).location;
  expect(given).toEqual([upload]);
  expect(location.archive).toEqual({ ...archive, id: upload.id });
  expect(await ask(environments, await describeRequest()).location).toEqual(location);
});

describe('an environment with incompatible package versions', () => {
  it('is built; the log of the building run names the pin, and later runs get no message', async () => {
    const lines = [' + dlt==1.31.0', ' + duckdb==2.0.1', ' + sqlglot==29.0.1'];
    const fake = createFakeExecutor({ scripts: { build: () => ({ lines }) } });
    const environments = createServerOf(fake, 'a');
    const request = await describeRequest();
    const builder = ask(environments, request);
    await builder.location;
    expect(builder.lines.at(-1)).toMatch(/^Warning: dlt 1.31.0 and duckdb 2.0.1 .+ "duckdb<2"/);
    const later = ask(environments, request);
    await later.location;
    expect(later.lines).toEqual([]);
    const [stored] = await fixture.database.query<{ packages: string[] }>(
      'select packages from environments where key = $1',
      [fake.built[0]?.key],
    );
    expect(stored?.packages).toEqual(['dlt==1.31.0', 'duckdb==2.0.1', 'sqlglot==29.0.1']);
  });
});

describe('the Python of an environment', () => {
  const ofAny = { ...plainRequirements, requires_python: '<3.13', client: 'pumphouse' };

  it('is the first that the executor has and the code allows, as each log says', async () => {
    const fake = createFakeExecutor({ pythons: ['3.13', '3.11', '3.10'] });
    const environments = createServerOf(fake, 'a');
    const request = await describeRequest(ofAny);
    for (let run = 0; run < 2; run += 1) {
      const asked = ask(environments, request);
      await asked.location;
      expect(asked.lines[0]).toContain('Python 3.11 is the newest installed one');
    }
    expect(fake.built.map(({ pythonVersion }) => pythonVersion)).toEqual(['3.11']);
  });

  it('that is missing comes with advice for the client that sent the code', async () => {
    const failure = { code: 'python_not_found' as const, message: 'There is no Python 3.12.' };
    const fake = createFakeExecutor({ pythons: ['3.13'], scripts: { build: () => ({ failure }) } });
    const asked = ask(createServerOf(fake, 'a'), await describeRequest(ofAny));
    await expect(asked.location).rejects.toMatchObject({
      code: 'python_not_found',
      message: expect.stringMatching(
        /^There is no Python 3\.12\. Or run pumphouse deploy --python 3\.13/,
      ) as string,
    });
  });
});

describe('an environment', () => {
  it('is built once for concurrent requests, and all of them get the full output', async () => {
    const fake = createFakeExecutor({ scripts: { build: () => ({ lines: ['built'] }) } });
    const held = holdBuilds(fake);
    const environments = createServerOf(held.executor, 'a');
    const request = await describeRequest();
    const early = [ask(environments, request), ask(environments, request)];
    await held.awaitBuilds(1);
    const late = [1, 2, 3].map(() => ask(environments, request));
    const all = [...early, ...late];
    // Also the early ones: one that still looked for the environment when the build ended would find it ready.
    await eventually('all have joined', () => all.every(({ lines }) => lines.length === 1));
    held.release();
    const locations = await Promise.all(all.map(({ location }) => location));
    expect(new Set(locations.map(({ path }) => path)).size).toBe(1);
    for (const { lines } of all) expect(lines).toEqual(['resolving', 'built']);
    expect(fake.built).toHaveLength(1);
    expect(fake.built[0]).toMatchObject({
      organizationId: context.organizationId,
      pythonVersion: '3.12',
      requirements: ['dlt==1.28.0', 'requests==2.32.0'],
      uid: 61_000,
    });
  });

  it('that is ready is returned at once, without output', async () => {
    const fake = createFakeExecutor();
    const request = await describeRequest();
    const first = await ask(createServerOf(fake, 'a'), request).location;
    const again = ask(createServerOf(fake, 'b'), request);
    expect(await again.location).toEqual(first);
    expect(again.lines).toEqual([]);
    expect(fake.built).toHaveLength(1);
  });

  it('that is missing on disk is rebuilt, once', async () => {
    const fake = createFakeExecutor();
    const environments = createServerOf(fake, 'a');
    const request = await describeRequest();
    const first = await ask(environments, request).location;
    await fake.removeEnvironment(first);
    const again = await Promise.all([1, 2, 3].map(() => ask(environments, request).location));
    expect(new Set(again.map(({ path }) => path)).size).toBe(1);
    expect(again[0]?.path).not.toBe(first.path);
    expect(fake.built).toHaveLength(2);
  });

  it('is used only by its own workspace', async () => {
    const fake = createFakeExecutor();
    const environments = createServerOf(fake, 'a');
    const own = await describeRequest();
    await ask(environments, own).location;
    await ask(environments, await describeRequest()).location;
    expect(fake.built).toHaveLength(1);
    const other = await createWorkspaceFixture(fixture);
    await ask(environments, await describeRequest(plainRequirements, {}, other)).location;
    await ask(environments, await describeRequest({ ...plainRequirements, python_version: '3.11' })).location;
    expect(fake.built).toHaveLength(3);
  });

  it("is built with its workspace's settings, and shared only if they lead to the same packages", async () => {
    const fake = createFakeExecutor();
    const environments = createServerOf(fake, 'a');
    const request = await describeRequest();
    const plain = { isSecret: false, revision: 'r' };
    const password = { name: 'UV_INDEX_CORP_PASSWORD', value: 'swordfish', isSecret: true, revision: 'r1' };
    const askWith = async (...variables: RunVariable[]) => {
      const asked = ask(environments, { ...request, settings: chooseBuildSettings(variables) });
      return { lines: asked.lines, location: await asked.location };
    };
    const index = { ...plain, name: 'UV_DEFAULT_INDEX', value: 'https://one.example.com' };
    const first = await askWith(index, password, { ...plain, name: 'API_TOKEN', value: 'for runs' });
    expect(fake.built[0]).toMatchObject({
      variables: { UV_DEFAULT_INDEX: 'https://one.example.com', UV_INDEX_CORP_PASSWORD: 'swordfish' },
      maskedValues: ['swordfish'],
    });
    expect(fake.built[0]?.variables).not.toHaveProperty('API_TOKEN');
    const proxy = { ...plain, name: 'HTTPS_PROXY', value: 'http://proxy' };
    expect((await askWith(index, password, proxy)).location).toEqual(first.location);
    await askWith();
    await askWith(index);
    await askWith({ ...index, value: 'https://two.example.com' }, password);
    const last = await askWith(
      index,
      { ...password, revision: 'r2' },
      { ...plain, name: 'UV_TARGET', value: '/' },
    );
    expect(fake.built).toHaveLength(5);
    expect(new Set(fake.built.map(({ key }) => key)).size).toBe(5);
    expect(last.lines[0]).toBe('Not used to build the environment: UV_TARGET.');
  });

  it('is built with the indexes of pyproject.toml, which are part of its key and named in the log', async () => {
    const fake = createFakeExecutor();
    const environments = createServerOf(fake, 'a');
    const groups = { main: ['acme-core==1.0', 'dlt==1.31.0'] };
    const request = await describeRequest({ ...plainRequirements, groups });
    const index = { name: 'company', url: 'https://pypi.example.com/simple', explicit: true };
    const uv = { index: [index], sources: { 'acme-core': { index: 'company' } } };
    const declared = parsePackageSources({ tool: { uv } });
    await ask(environments, request).location;
    const asked = ask(environments, { ...request, packageSources: declared });
    await asked.location;
    expect(asked.lines[0]).toBe(
      'Package index of pyproject.toml: company, https://pypi.example.com/simple (only for acme-core)',
    );
    expect(fake.built.map(({ packageSources }) => packageSources)).toEqual([
      undefined,
      { index: [index], sources: { 'acme-core': [{ index: 'company' }] } },
    ]);
    // The first key is that of the releases that read no indexes.
    const unused = { ...request, packageSources: parsePackageSources({ tool: { uv: { index: [index] } } }) };
    await ask(environments, unused).location;
    expect(new Set(fake.built.map(({ key }) => key)).size).toBe(2);
    expect(fake.built).toHaveLength(2);
  });

  it('leaves out packages that Pumphouse does not need, and says so', async () => {
    const fake = createFakeExecutor();
    const groups = { main: ['dlthub==0.9', 'dlt[hub,duckdb]==1.31.0'] };
    const { lines, location } = ask(
      createServerOf(fake, 'a'),
      await describeRequest({ ...plainRequirements, groups }),
    );
    await location;
    expect(lines).toEqual([
      'Not installed: dlthub==0.9 (Pumphouse works without it).',
      "Not installed: extra 'hub' of dlt[hub,duckdb]==1.31.0 (Pumphouse works without it).",
    ]);
    expect(fake.built[0]?.requirements).toEqual(['dlt[duckdb]==1.31.0']);
  });

  it.each<[string, unknown, Partial<JobDefinition>, string]>([
    [
      'a group that is missing',
      plainRequirements,
      { require: { dependency_groups: ['ml'] } },
      'missing_group',
    ],
    [
      'a file of another machine',
      { ...plainRequirements, groups: { main: ['./x'] } },
      {},
      'local_requirement',
    ],
  ])('is rejected for %s', async (_what, requirements, keys, problem) => {
    const fake = createFakeExecutor();
    const asked = ask(createServerOf(fake, 'a'), await describeRequest(requirements, keys));
    await expect(asked.location).rejects.toMatchObject({ problem });
    expect(fake.built).toEqual([]);
  });
});

describe('a failed build', () => {
  it('fails all waiting runs with its error, and is retried for the next run', async () => {
    const failure = { code: 'requirements_failed', message: 'No solution found.' } as const;
    let builds = 0;
    const build = () => ((builds += 1) === 1 ? { lines: ['no such package'], failure } : {});
    const fake = createFakeExecutor({ scripts: { build } });
    const held = holdBuilds(fake);
    const environments = createServerOf(held.executor, 'a');
    const request = await describeRequest();
    const asked = [1, 2, 3, 4, 5].map(() => ask(environments, request));
    await eventually('all wait', () => asked.every(({ lines }) => lines.length === 1));
    held.release();
    for (const { location, lines } of asked) {
      await expect(location).rejects.toMatchObject(failure);
      expect(lines).toEqual(['resolving', 'no such package']);
    }
    expect(builds).toBe(1);
    expect(await ask(environments, request).location).toMatchObject({ executor: 'fake' });
  });
});

describe('a run that stops waiting', () => {
  it('does not abort the build for others', async () => {
    const fake = createFakeExecutor();
    const held = holdBuilds(fake);
    const environments = createServerOf(held.executor, 'a');
    const request = await describeRequest();
    const leaving = new AbortController();
    const [gone, staying] = [ask(environments, request, leaving.signal), ask(environments, request)];
    await eventually('both wait', () => gone.lines.length + staying.lines.length === 2);
    leaving.abort();
    await expect(gone.location).rejects.toMatchObject({ name: 'AbortError' });
    expect(held.aborted).toBe(0);
    held.release();
    expect(await staying.location).toMatchObject({ executor: 'fake' });
    expect(held.started).toBe(1);
  });

  it('aborts the build if it was the last; the next run starts a new one undisturbed', async () => {
    const fake = createFakeExecutor();
    const stopped = Promise.withResolvers<void>();
    const held = holdBuilds(fake, stopped.promise);
    const environments = createServerOf(held.executor, 'a');
    const request = await describeRequest();
    const leaving = new AbortController();
    const gone = ask(environments, request, leaving.signal);
    await held.awaitBuilds(1);
    leaving.abort();
    await expect(gone.location).rejects.toMatchObject({ name: 'AbortError' });
    expect(held.aborted).toBe(1);
    const next = ask(environments, request);
    // Wait far longer than a start takes: the old build still holds the key.
    for (let count = 0; count < 20; count += 1) await fixture.store.installation.ping();
    expect(held.started).toBe(1);
    stopped.resolve();
    await held.awaitBuilds(2);
    held.release();
    expect(await fake.hasEnvironment(await next.location)).toBe(true);
    expect(fake.built).toHaveLength(1);
  });
});

describe('two servers', () => {
  it('build once: the second waits, says so, and uses the first one’s environment', async () => {
    const fake = createFakeExecutor();
    const held = holdBuilds(fake);
    const request = await describeRequest();
    const first = ask(createServerOf(held.executor, 'a'), request);
    await held.awaitBuilds(1);
    const second = ask(createServerOf(held.executor, 'b'), request);
    await eventually('the second waits', () => second.lines.length === 1);
    expect(second.lines).toEqual(['Another server is building this environment; waiting for it.']);
    held.release();
    expect(await second.location).toEqual(await first.location);
    expect(fake.built).toHaveLength(1);
  });

  it('keep one environment when the first stalled for longer than its lease', async () => {
    const fake = createFakeExecutor();
    const held = holdBuilds(fake);
    const request = await describeRequest();
    const first = ask(createServerOf(held.executor, 'a'), request);
    await held.awaitBuilds(1);
    await fixture.store.environments.freeBuildsOf(['a']);
    const location = await ask(createServerOf(fake, 'b'), request).location;
    held.release();
    expect(await first.location).toEqual(location);
    const discarded = fake.built.length;
    expect(discarded).toBe(2);
    expect(await fake.hasEnvironment(location)).toBe(true);
    const paths = [1, 2].map((number) => location.path.replace(/\d+$/, String(number)));
    const present = await Promise.all(paths.map((path) => fake.hasEnvironment({ executor: 'fake', path })));
    expect(present.filter(Boolean)).toHaveLength(1);
  });
});
