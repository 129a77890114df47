import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import {
  listAttemptProcesses,
  listProcessesWithVariable,
} from '../../../../../testing/fixtures/run-processes.ts';
import { describeConformance } from '../conformance/conformance.ts';
import type { AttemptBehaviour, ConformanceHarness } from '../conformance/harness.ts';
import { conformanceProgram } from '../conformance/conformance-program.ts';
import { serveApps } from '../conformance/served-apps.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { Executor } from '../executor.ts';
import { locateAttemptFolder } from './attempt-folder.ts';
import { readServerLocation } from './attempt-location.ts';
import { createAttemptRoutes, type ServedAttempt } from './testing/attempt-routes.ts';
import { serveAttempt } from './testing/served-attempt.ts';
import {
  buildEmptyEnvironment,
  createDataDir,
  createTestExecutor,
  describeEmptyEnvironment,
  INSTALLATION_ID,
  TEST_UID,
} from './testing/machine.ts';
import type { ProcessExecutorOptions } from './process-backend.ts';

interface ProcessHarness extends ConformanceHarness {
  readonly dataDirPath: string;
}

async function createHarness(overrides: Partial<ProcessExecutorOptions>): Promise<ProcessHarness> {
  const dataDir = await createDataDir();
  const routes = await createAttemptRoutes();
  const createExecutor = () => createTestExecutor(dataDir.path, overrides);
  const environment = await buildEmptyEnvironment(createExecutor());

  const describeAttempt = (served: ServedAttempt): AttemptSpec =>
    serveAttempt(
      { routes, url: routes.url, environment, installationId: INSTALLATION_ID, uid: TEST_UID },
      served,
    );
  const createSpec = async (behaviour: AttemptBehaviour): Promise<AttemptSpec> => ({
    ...describeAttempt({ program: conformanceProgram, variables: { BEHAVIOUR: behaviour } }),
    localData: { workspaceId: 'workspace-1', profile: 'prod', access: 'read-write' },
  });

  return {
    dataDirPath: dataDir.path,
    reachesSpool: true,
    createExecutor,
    createSpec,
    ...serveApps({ routes, createExecutor, describeAttempt }),
    async createUnstartableSpec() {
      const spec = await createSpec('ends-on-term');
      const path = environment.path.replace('/environments/', '/environments/not-');
      return { spec: { ...spec, environment: { ...environment, path } }, kind: 'config' };
    },
    createEnvironmentSpec: async () => ({ ...(await describeEmptyEnvironment()), key: randomUUID() }),
    awaitUserCode: (spec) => routes.awaitUserCode(spec.attemptId),
    countUserCodeStarts: (spec) => routes.countUserCodeStarts(spec.attemptId),
    async finish(spec, code) {
      routes.finish(spec.attemptId, code);
    },
    async vanish(handle) {
      process.kill(Number(handle.data['pid']), 'SIGKILL');
    },
    moveElsewhere: (handle) => ({
      ...handle,
      data: { ...handle.data, hostName: 'another-host', bootId: randomUUID() },
    }),
    listProcesses: (spec) => listProcessesWithVariable(`TEST_ATTEMPT=${spec.attemptId}`),
    async leaveBehind(installation) {
      const attemptId = randomUUID();
      const folder = locateAttemptFolder(dataDir.path, attemptId);
      await mkdir(join(folder.workRoot, 'my-workspace'), { recursive: true });
      await writeFile(folder.passwdFile, '');
      if (installation === 'other') {
        const names = { attemptId, jobRunId: 'run', installationId: 'installation-2' };
        await writeFile(
          folder.attemptFile,
          JSON.stringify({ version: 1, ...names, ...readServerLocation() }),
        );
      }
      return { attemptId, kind: 'folder', id: folder.path, isThere: async () => existsSync(folder.path) };
    },
    async close() {
      await routes.close();
      await dataDir.remove();
    },
  };
}

const WAIT = { timeout: 60_000, interval: 20 };

/** Attempts of the suite's executor are forked from a template; those of its other executors start cold. */
async function createForkedHarness(): Promise<ConformanceHarness> {
  const executors: Executor[] = [];
  const harness = await createHarness({ templatesBytes: 1024 ** 3 });
  const createExecutor = (): Executor => {
    const executor = harness.createExecutor();
    executors.push(executor);
    return executor;
  };
  const countForked = (executor: Executor | undefined): number =>
    executor?.templates?.list().reduce((sum, { runs }) => sum + runs, 0) ?? 0;
  return {
    ...harness,
    createExecutor,
    async warmUp(executor) {
      for (let start = 0; start < 2; start += 1) await runOnce(harness, executor);
      await vi.waitUntil(() => executor.templates?.list().length === 1, WAIT);
      await runOnce(harness, executor);
      await vi.waitUntil(() => countForked(executor) === 1, WAIT);
    },
    listProcesses: (spec) => listAttemptProcesses(harness.dataDirPath, spec.attemptId),
    async close() {
      const forkedCount = countForked(executors[0]);
      for (const executor of executors) await executor.templates?.close();
      await harness.close();
      // Most attempts must have been forked, or this suite would test what the other one tests.
      expect(forkedCount).toBeGreaterThan(10);
    },
  };
}

async function runOnce(harness: ConformanceHarness, executor: Executor): Promise<void> {
  const spec = await harness.createSpec('ends-on-term');
  const handle = await executor.start(spec);
  await harness.awaitUserCode(spec);
  await executor.stop(handle, { graceSeconds: 20 });
  await executor.remove(handle);
}

describeConformance('process in a sandbox', () => createHarness({}));
describeConformance('process in a sandbox, forked', createForkedHarness);
describeConformance('process without isolation', () =>
  createHarness({ bwrapPath: null, allowUnisolated: true }),
);
