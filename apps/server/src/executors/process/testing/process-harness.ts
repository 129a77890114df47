import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listProcessesWithVariable } from '../../../../../../testing/fixtures/run-processes.ts';
import type { AttemptBehaviour, ConformanceHarness } from '../../conformance/harness.ts';
import { conformanceProgram } from '../../conformance/conformance-program.ts';
import { serveApps } from '../../conformance/served-apps.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import { locateAttemptFolder } from '../attempt-folder.ts';
import { readServerLocation } from '../attempt-location.ts';
import { createAttemptRoutes, type ServedAttempt } from './attempt-routes.ts';
import { serveAttempt } from './served-attempt.ts';
import {
  buildEmptyEnvironment,
  createDataDir,
  createTestExecutor,
  describeEmptyEnvironment,
  INSTALLATION_ID,
  TEST_UID,
} from './machine.ts';
import type { ProcessExecutorOptions } from '../process-backend.ts';

export interface ProcessHarness extends ConformanceHarness {
  readonly dataDirPath: string;
}

/** Creates the harness of the process executor for the conformance suite. */
export async function createProcessHarness(
  overrides: Partial<ProcessExecutorOptions>,
): Promise<ProcessHarness> {
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
