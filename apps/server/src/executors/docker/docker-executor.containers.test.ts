import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineKind } from '../../../../../deploy/images/engine-command.ts';
import {
  findInstalledEngines,
  startTestEngine,
  type TestEngineOptions,
} from '../../../../../testing/fixtures/container-engine.ts';
import {
  describeConformance,
  type AttemptBehaviour,
  type ConformanceHarness,
} from '../conformance/conformance.ts';
import { conformanceProgram } from '../conformance/conformance-program.ts';
import type { AttemptSpec, EnvironmentSpec } from '../executor.ts';
import { createAttemptRoutes } from '../process/testing/attempt-routes.ts';
import { connectEngine } from './engine.ts';
import { createDockerExecutor } from './docker-executor.ts';
import { labels, labelsOf } from './names.ts';

const python = '3.13';
const uid = 60_910;
const bootstrapDir = join(import.meta.dirname, '../../../../../python/pumphouse_bootstrap');

async function createHarness(kind: EngineKind, options: TestEngineOptions): Promise<ConformanceHarness> {
  const testEngine = await startTestEngine(kind, options);
  const engineAddress = { url: testEngine.url, tls: null };
  const engine = await connectEngine(engineAddress);
  const installationId = randomUUID();
  const createExecutor = () =>
    createDockerExecutor({
      engine: engineAddress,
      installationId,
      runnerImage: 'localhost/pumphouse-runner:{python}',
      bootstrapDir,
      imageSources: null,
      buildLimits: { memoryBytes: 1024 ** 3, cpus: 2, processes: 256 },
      network: { name: null, egress: true },
    });
  const executor = createExecutor();
  // The gateway's address is there only while a container is attached.
  const routes = await createAttemptRoutes('0.0.0.0');
  const gateway = await executor.findGateway();
  const url = `http://${gateway}:${new URL(routes.url).port}`;
  const describeEnvironment = (): EnvironmentSpec => ({
    key: randomUUID(),
    organizationId: `organization-of-${installationId}`,
    pythonVersion: python,
    requirements: [],
    variables: {},
    maskedValues: [],
    uid,
  });
  const environment = await executor.buildEnvironment(describeEnvironment(), () => undefined);

  const createSpec = async (behaviour: AttemptBehaviour): Promise<AttemptSpec> => {
    const attemptId = randomUUID();
    const variables = {
      BEHAVIOUR: behaviour,
      STARTED_URL: `${url}/user-code/${attemptId}/started`,
      TEST_ATTEMPT: attemptId,
    };
    routes.serve(attemptId, { program: conformanceProgram, variables });
    return {
      attemptId,
      jobRunId: `run-of-${attemptId}`,
      installationId,
      claimNumber: 1,
      attemptsUrl: url,
      bootstrapToken: `token-of-${attemptId}`,
      environment,
      workFolderName: 'my-workspace',
      localData: { workspaceId: 'workspace-1', profile: 'prod', access: 'read-write' },
      uid,
      limits: { memoryBytes: 512 * 1024 * 1024, cpus: 1, processes: 64 },
      network: 'shared',
    };
  };

  return {
    reachesSpool: true,
    createExecutor,
    createSpec,
    async createUnstartableSpec() {
      const spec = await createSpec('ends-on-term');
      return {
        spec: { ...spec, environment: { ...environment, path: `${environment.path}-not` } },
        kind: 'config',
      };
    },
    createEnvironmentSpec: async () => describeEnvironment(),
    awaitUserCode: (spec) => routes.awaitUserCode(spec.attemptId),
    countUserCodeStarts: (spec) => routes.countUserCodeStarts(spec.attemptId),
    async finish(spec, code) {
      routes.finish(spec.attemptId, code);
    },
    vanish: (handle) =>
      engine.getContainer(`pumphouse-${String(handle.data['attemptId'])}`).kill({ signal: 'SIGKILL' }),
    moveElsewhere: (handle) => ({ ...handle, data: { ...handle.data, engineId: randomUUID() } }),
    listProcesses: (spec) => listProcessesWithVariable(`TEST_ATTEMPT=${spec.attemptId}`),
    async leaveBehind(installation) {
      const attemptId = randomUUID();
      const id = `pumphouse-test-attempt-${attemptId}`;
      await engine.createVolume({
        Name: id,
        Labels: labelsOf(installation === 'own' ? installationId : randomUUID(), 'attempt', {
          [labels.attempt]: attemptId,
        }),
      });
      const isThere = () =>
        engine
          .getVolume(id)
          .inspect()
          .then(
            () => true,
            () => false,
          );
      return { attemptId, kind: 'volume', id, isThere };
    },
    async close() {
      await routes.close();
      await testEngine.close();
    },
  };
}

/** Seen from the engine's machine, which is this one. */
async function listProcessesWithVariable(variable: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(variable) ? Number(name) : null;
    }),
  );
  return found.filter((pid) => pid !== null);
}

for (const kind of await findInstalledEngines()) {
  describeConformance(`docker on ${kind}`, () => createHarness(kind, {}));
  describeConformance(`docker on ${kind} with a disk of its own`, () =>
    createHarness(kind, { ownDisk: true }),
  );
}
