import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { appPort } from '../../conformance/app-connector-conformance.ts';
import type { ConformanceHarness } from '../../conformance/harness.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import { createFakeExecutor, type FakeAttemptScript } from '../fake-executor.ts';

/** Creates the harness of the fake executor for the conformance suite. */
export async function createFakeHarness(): Promise<ConformanceHarness> {
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
      expect(executor.started.map(({ attemptId }) => attemptId)).toContain(spec.attemptId);
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

export function describeAttempt(): AttemptSpec {
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
