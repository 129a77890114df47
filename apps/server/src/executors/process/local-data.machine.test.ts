/**
 * Local data written and locked by real DuckDB; general file behaviour is tested in the conformance suite.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localDataProgram } from '../conformance/local-data-program.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import type { LocalDataUse } from '../contract/local-data-store.ts';
import type { Executor } from '../executor.ts';
import { createAttemptRoutes, type AttemptRoutes } from './testing/attempt-routes.ts';
import {
  createDataDir,
  createTestExecutor,
  describeEmptyEnvironment,
  INSTALLATION_ID,
  TEST_UID,
} from './testing/machine.ts';
import { serveAttempt } from './testing/served-attempt.ts';

let dataDir: Awaited<ReturnType<typeof createDataDir>>;
let routes: AttemptRoutes;
let executor: Executor;
let environment: EnvironmentLocation;

beforeAll(async () => {
  dataDir = await createDataDir();
  routes = await createAttemptRoutes();
  executor = createTestExecutor(dataDir.path);
  environment = await executor.buildEnvironment(
    { ...(await describeEmptyEnvironment()), requirements: ['duckdb'] },
    () => undefined,
  );
});

afterAll(async () => {
  await routes.close();
  await dataDir.remove();
});

const context = {
  installationId: INSTALLATION_ID,
  workspaceId: 'workspace-1',
  profile: 'prod',
  uid: TEST_UID,
};
const live: LocalDataUse = { workspaceId: 'workspace-1', profile: 'prod', access: 'read-write' };
const copy: LocalDataUse = { ...live, access: 'copy', mountedAs: 'access' };

async function start(localData: LocalDataUse, steps: string[][]) {
  const folder = localData.access === 'copy' ? localData.mountedAs : localData.profile;
  const variables = { STEPS: JSON.stringify(steps), FOLDER: folder };
  const origin = { routes, url: routes.url, environment, installationId: INSTALLATION_ID, uid: TEST_UID };
  const spec: AttemptSpec = serveAttempt(origin, { program: localDataProgram, variables, profile: folder });
  const handle = await executor.start({ ...spec, localData });
  return {
    spec,
    async report(): Promise<unknown> {
      const results = await routes.awaitReport(spec.attemptId);
      await executor.stop(handle, { graceSeconds: 0 });
      await executor.remove(handle);
      return results;
    },
  };
}

const run = async (localData: LocalDataUse, ...steps: string[][]) => (await start(localData, steps)).report();
const alwaysWhole = async (): Promise<boolean> => true;

it('DuckDB can write to a copy while a run has the original database open', async () => {
  const count = ['duckdb', 'rows.duckdb', 'SELECT count(*) FROM rows'];
  const insert = 'INSERT INTO rows VALUES (7), (8)';
  await run(live, ['duckdb', 'rows.duckdb', 'CREATE TABLE rows AS SELECT 42 AS n']);
  await executor.takeSnapshot(context, alwaysWhole);
  const holder = await start(live, [
    ['hold-duckdb', 'rows.duckdb'],
    ['await-finish'],
    ['held-duckdb', 'rows.duckdb', insert],
  ]);
  await routes.awaitUserCode(holder.spec.attemptId);
  // The lock is real: a second process on the live data fails.
  expect(await run(live, count)).toEqual([expect.stringContaining('lock')]);
  expect(await run(copy, ['duckdb', 'rows.duckdb', 'INSERT INTO rows VALUES (1)'], count)).toEqual([
    'done',
    [[2]],
  ]);
  routes.finish(holder.spec.attemptId, 0);
  expect(await holder.report()).toEqual([null, 0, null]);
  expect(await run(live, count)).toEqual([[[3]]]);
  expect(await run(copy, count)).toEqual([[[1]]]);
  await executor.takeSnapshot(context, alwaysWhole);
  expect(await run(copy, count)).toEqual([[[3]]]);
});
