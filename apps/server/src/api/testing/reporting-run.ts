import type { ApiFixture } from './api-fixture.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createApiFixture } from './api-fixture.ts';
import { openSpool, type Send } from './open-spool.ts';
import { readAnswer } from './check-answer.ts';
import { seedRun, type SeededRun } from './seed-run.ts';

/**
 * Sets up one API for a test file, and before each test a new workspace with a run that reports telemetry.
 */
export function setUpReportingRun() {
  let api: ApiFixture;
  let seeded: SeededRun;
  let spool: Send;
  beforeAll(async () => {
    api = await createApiFixture();
  });
  afterAll(() => api.close());
  beforeEach(async () => {
    seeded = await seedRun(api);
    spool = await openSpool(api, seeded.run);
  });

  /** Sends a GET request as the owner of a workspace, by default the test's own. */
  const get = (path: string, context = seeded) =>
    api.app.inject({
      url: `/pumphouse/v1/workspaces/${context.workspaceId}/${path}`,
      headers: { authorization: `Bearer ${context.owner.key}` },
    });

  return {
    get api() {
      return api;
    },
    get seeded() {
      return seeded;
    },
    /** Sends a beacon body as the run. */
    send: (type: string, body: unknown) => spool(type, body),
    get,
    ask: async <Id extends JsonOperationId>(id: Id, path: string): Promise<RouteResponse<Id>> =>
      readAnswer(id, await get(path)),
  };
}
