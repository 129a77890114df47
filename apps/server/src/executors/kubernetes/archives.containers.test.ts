/** Environments without a claim: archives that are cut off, missing and damaged, and the cache of a node. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcessCluster } from '../../../../../testing/kubernetes/in-process/start-cluster.ts';
import type { AttemptInspection } from '../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { Executor } from '../executor.ts';
import { noPodPatches } from './patch-pod.ts';
import { createClusterFixture, type ClusterFixture } from './testing/cluster-fixture.ts';

/** Reports what it could change in its environment. */
const program = `
import json, os, sys, urllib.request
changed = []
for path in (sys.prefix + "/added", sys.prefix + "/pyvenv.cfg", os.path.dirname(sys.prefix) + "/added"):
    try:
        open(path, "a").close()
        changed.append(path)
    except OSError as error:
        pass
body = json.dumps({"prefix": sys.prefix, "changed": changed}).encode()
urllib.request.urlopen(urllib.request.Request(os.environ["REPORT_URL"], data=body, method="POST"))
`;

let fixture: ClusterFixture;
let executor: Executor;

beforeAll(async () => {
  fixture = await createClusterFixture(await startInProcessCluster({ pods: 'containers' }), {
    volumeClaim: null,
  });
  executor = fixture.createExecutor();
});
afterAll(() => fixture.close());

const build = (spec = fixture.describeEnvironment()) => executor.buildEnvironment(spec, () => undefined);

function partsOf({ archive }: EnvironmentLocation): Buffer[] {
  const parts = fixture.routes.archives.get(archive?.id ?? '');
  if (parts === undefined) throw new Error('The environment has no archive.');
  return parts;
}

/** Starts an attempt and returns what it reports, with the rest of its life. */
async function run(location: EnvironmentLocation, by = executor): Promise<unknown> {
  const spec = fixture.describeAttempt({ program, variables: {} }, location);
  const handle = await by.start(spec);
  const report = await fixture.routes.awaitReport(spec.attemptId);
  await expect.poll(async () => (await by.inspect(handle)).state).toBe('exited');
  await by.remove(handle);
  return report;
}

/** Starts an attempt that cannot start and returns its end. */
async function fail(location: EnvironmentLocation): Promise<AttemptInspection> {
  const handle = await executor.start(fixture.describeAttempt({ program, variables: {} }, location));
  await expect.poll(async () => (await executor.inspect(handle)).state).toBe('missing');
  return executor.inspect(handle);
}

describe('without a claim', () => {
  it('an environment is stored whole, although connections were cut, and a run cannot change it', async () => {
    fixture.routes.cutUploads(2);
    const location = await build();
    expect(partsOf(location)).toHaveLength(location.archive?.parts ?? -1);
    expect(await run(location)).toEqual({ prefix: '/environment/venv', changed: [] });
  });

  it('an archive that the server lost ends the attempt, and the environment counts as missing', async () => {
    const location = await build();
    expect(await executor.hasEnvironment(location)).toBe(true);
    partsOf(location).length = 0;
    expect(await fail(location)).toMatchObject({
      code: 'environment_missing',
      detail: expect.stringMatching(/^The server does not have the environment: 404/),
    });
    expect(await fixture.createExecutor().hasEnvironment(location)).toBe(false);
    await executor.removeEnvironment(location);
  });

  it('a damaged archive is not used', async () => {
    const location = await build();
    const [first] = partsOf(location);
    if (first) first[first.length >> 1] = (first[first.length >> 1] ?? 0) ^ 1;
    expect(await fail(location)).toMatchObject({
      code: 'environment_missing',
      detail: expect.stringMatching(/^The archive of the environment is damaged/),
    });
    expect(await executor.hasEnvironment(location)).toBe(false);
  });

  it('a build that the server does not take fails with the reason, and leaves no pod', async () => {
    const spec = fixture.describeEnvironment();
    fixture.routes.refuseUploads(true);
    await expect(build(spec)).rejects.toMatchObject({
      kind: 'backend',
      message: expect.stringContaining('archive_closed'),
    });
    fixture.routes.refuseUploads(false);
    const left = (await executor.listResources({ withSizes: false })).filter(
      ({ owner }) => owner.kind === 'build',
    );
    expect(left).toEqual([]);
  });

  it('a node keeps environments for later runs, which cannot change them', async () => {
    const cache = { name: 'node-cache', persistentVolumeClaim: { claimName: fixture.cluster.volumeClaim } };
    const patches = { ...noPodPatches, pods: { spec: { volumes: [cache] } } };
    const caching = fixture.createExecutor({ patches });
    const location = await build();
    const expected = { prefix: '/environment/venv', changed: [] };
    expect(await run(location, caching)).toEqual(expected);
    // From here on only the node has it.
    partsOf(location).length = 0;
    expect(await run(location, caching)).toEqual(expected);
    expect(
      await fail({
        ...location,
        path: location.path.replace(/-[0-9a-f]{8}-/, `-${randomUUID().slice(0, 8)}-`),
      }),
    ).toMatchObject({ code: 'environment_missing' });
  });
});
