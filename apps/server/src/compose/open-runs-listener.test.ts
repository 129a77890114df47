import type { ApiFixture } from '../api/testing/api-fixture.ts';
import type { Config } from '../config/config.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBootstrapSeal } from '../api/testing/attempt-calls.ts';
import { createApiFixture } from '../api/testing/api-fixture.ts';
import { createFakeExecutor } from '../executors/fake/fake-executor.ts';
import { buildRunsApi } from './build-runs-api.ts';
import { openRunsListener } from './open-runs-listener.ts';
import { readConfig } from '../config/config.ts';
import { seedRun } from '../api/testing/seed-run.ts';

let api: ApiFixture;
const config: Config = readConfig({ PUMPHOUSE_PORT: '0' });
const runsApi = () => ({ buildApi: () => buildRunsApi(api.dependencies), log: api.dependencies.log });

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

describe('openRunsListener', () => {
  it('opens nothing if runs are processes on this machine', async () => {
    const created = { executor: createFakeExecutor(), containers: null };
    expect(await openRunsListener(config, created, runsApi())).toBeNull();
  });

  it("serves only bootstraps and runs, at their network's gateway on a free port", async () => {
    const executor = createFakeExecutor();
    const containers = { engineUrl: 'unix:///engine.sock', findGateway: async () => '127.0.0.1' };
    const listener = await openRunsListener(config, { executor, containers }, runsApi());
    if (!listener) throw new Error('Nothing was opened');
    const { run, owner, workspaceId } = await seedRun(api);
    const attempt = await api.createAttempt(run);
    const get = async (path: string, bearer: string) => {
      const response = await fetch(`${listener.url()}${path}`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      await response.arrayBuffer();
      return response.status;
    };
    const workspace = `/api/v1/workspaces/${workspaceId}`;
    expect(await get(workspace, await api.credentials.issueRunToken(attempt.id))).toBe(200);
    expect(await get(workspace, owner.key)).toBe(403);
    expect(await get(`/pumphouse/v1/attempts/${attempt.id}/configuration`, owner.key)).toBe(401);
    const { call } = createBootstrapSeal(attempt).seal('GET', 'configuration');
    const answer = await fetch(`${listener.url()}${call.url}`, { headers: call.headers });
    await answer.arrayBuffer();
    // The run has not begun.
    expect(answer.status).toBe(409);
    await listener.stop();
    await expect(fetch(`${listener.url()}/healthz`)).rejects.toThrow();
  });
});
