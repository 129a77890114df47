import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appPort } from '../conformance/app-connector-conformance.ts';
import { describeConformance } from '../conformance/conformance.ts';
import type { ConformanceHarness } from '../conformance/harness.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { createFakeExecutor, type FakeAttemptScript } from './fake-executor.ts';

async function createHarness(): Promise<ConformanceHarness> {
  const scripts = new Map<string, FakeAttemptScript>();
  const apps = new Set<string>();
  const executor = createFakeExecutor({
    scripts: {
      attempt: (spec) => scripts.get(spec.attemptId) ?? {},
      build: ({ requirements, pythonVersion }) => {
        if (requirements.length > 0)
          return { failure: { code: 'requirements_failed', message: 'It is nowhere.' } };
        if (pythonVersion === '2.1')
          return { failure: { code: 'python_not_found', message: 'There is no 2.1.' } };
        return {};
      },
    },
  });
  const createSpec = (script: FakeAttemptScript): AttemptSpec => {
    const spec = describeAttempt();
    scripts.set(spec.attemptId, script);
    return spec;
  };
  return {
    reachesSpool: true,
    createExecutor: () => executor,
    createSpec: async (behaviour) =>
      createSpec({ onTerm: behaviour === 'ignores-term' ? 'ignores' : { code: 3 } }),
    async createAppSpec() {
      const spec = createSpec({ onTerm: { code: 3 } });
      apps.add(spec.attemptId);
      return { ...spec, network: 'isolated' };
    },
    // The fake executor runs no code.
    reachFromAnotherAttempt: async () => [],
    createLocalDataSpec: async () => null,
    awaitReport: async () => [],
    createUnstartableSpec: async () => ({ spec: createSpec({ startFailure: 'config' }), kind: 'config' }),
    createEnvironmentSpec: async () => ({
      key: randomUUID(),
      organizationId: 'organization-1',
      workspaceId: 'workspace-1',
      pythonVersion: '3.12',
      requirements: [],
      variables: {},
      maskedValues: [],
      uid: 61_001,
    }),
    async awaitUserCode(spec) {
      expect(executor.started).toContain(spec);
      if (apps.has(spec.attemptId))
        executor.listen(spec.attemptId, appPort, (connection) => connection.pipe(connection));
    },
    countUserCodeStarts: ({ attemptId }) =>
      executor.started.filter((spec) => spec.attemptId === attemptId).length,
    async finish({ attemptId }, code) {
      executor.finish(attemptId, { code });
    },
    async vanish(handle) {
      executor.vanish(String(handle.data['attemptId']));
    },
    moveElsewhere: (handle) => ({ ...handle, data: { ...handle.data, place: 'elsewhere' } }),
    listProcesses: async () => [],
    async leaveBehind(installation) {
      const attemptId = randomUUID();
      const id = `half-made-${attemptId}`;
      const owner = { kind: 'attempt', attemptId } as const;
      const isOwn = installation === 'own';
      if (isOwn) executor.plant({ kind: 'volume', id, owner, madeAt: new Date(), sizeBytes: null });
      const listIds = async () => (await executor.listResources({ withSizes: false })).map((one) => one.id);
      // A second fake executor has its own memory, so resources of another installation are always out of its
      // reach.
      return { attemptId, kind: 'volume', id, isThere: async () => !isOwn || (await listIds()).includes(id) };
    },
    close: async () => undefined,
  };
}

function describeAttempt(): AttemptSpec {
  const attemptId = randomUUID();
  return {
    attemptId,
    jobRunId: `run-of-${attemptId}`,
    installationId: 'installation-1',
    claimNumber: 1,
    attemptsUrl: 'http://127.0.0.1:1',
    bootstrapSecret: 'token',
    environment: { executor: 'fake', path: 'environment' },
    workFolderName: 'my-workspace',
    localData: null,
    uid: 61_001,
    limits: { memoryBytes: null, cpus: null, processes: null },
    instanceSize: 'small',
    graceSeconds: 30,
    timeoutSeconds: null,
    network: 'outgoing',
  };
}

describeConformance('fake', createHarness);

describe('the scripts of a fake executor', () => {
  it('end an attempt as it starts', async () => {
    const executor = createFakeExecutor({ scripts: { attempt: () => ({ exit: { code: 2 } }) } });
    const handle = await executor.start(describeAttempt());
    expect(await executor.inspect(handle)).toMatchObject({ state: 'exited', exit: { code: 2 } });
  });

  it('hide an attempt and show it again', async () => {
    const executor = createFakeExecutor();
    const spec = describeAttempt();
    const handle = await executor.start(spec);
    executor.hide(spec.attemptId);
    expect(await executor.inspect(handle)).toMatchObject({ state: 'unknown' });
    await expect(executor.stop(handle, { graceSeconds: 1 })).rejects.toBeInstanceOf(ExecutorError);
    executor.hide(spec.attemptId, false);
    await executor.stop(handle, { graceSeconds: 1 });
    expect(executor.stopped).toEqual([{ attemptId: spec.attemptId, graceSeconds: 1 }]);
  });

  it('build environments, and fail to build them', async () => {
    const failure = { code: 'requirements_failed', message: 'no such package' } as const;
    const executor = createFakeExecutor({
      scripts: { build: (spec) => (spec.key === 'bad' ? { lines: ['resolving'], failure } : {}) },
    });
    const spec = {
      key: 'good',
      organizationId: 'organization-1',
      workspaceId: 'workspace-1',
      pythonVersion: '3.11',
      requirements: [],
      variables: {},
      maskedValues: [],
      uid: 61_001,
    };
    const location = await executor.buildEnvironment(spec, () => undefined);
    expect(await executor.hasEnvironment(location)).toBe(true);
    await executor.removeEnvironment(location);
    expect(await executor.hasEnvironment(location)).toBe(false);
    const lines: string[] = [];
    const building = executor.buildEnvironment({ ...spec, key: 'bad' }, ({ text }) => lines.push(text));
    await expect(building).rejects.toMatchObject(failure);
    expect(lines).toEqual(['resolving']);
  });
});
