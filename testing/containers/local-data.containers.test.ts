import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDockerExecutor } from '@pumphouse/server/executors/docker/docker-executor.ts';
import type { AttemptSpec, LocalDataAccess } from '@pumphouse/server/executors/executor.ts';
import { createAttemptRoutes } from '@pumphouse/server/executors/process/testing/attempt-routes.ts';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { createContainerSite, type ContainerSite } from './container-site.ts';

const writer = `
import os
folder = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}"
print("before:", sorted(os.listdir(folder)))
with open(f"{folder}/{len(os.listdir(folder))}.txt", "w") as file:
    file.write("kept")
`;

describe.each(await findInstalledEngines())('with %s, local data', (kind) => {
  let engine: TestEngine;

  beforeAll(async () => {
    engine = await startTestEngine(kind);
  });
  afterAll(() => engine.close());

  it('of a batch run is there for the next one of its workspace, and for no other', async () => {
    const site: ContainerSite = await createContainerSite(engine);
    try {
      const [own, other] = [
        await site.deployScripts('own', { writer }),
        await site.deployScripts('other', { writer }),
      ];
      const before = async (workspace: typeof own) => {
        const { status, said } = await site.run(workspace, 'writer');
        expect(status).toBe('completed');
        return said;
      };
      expect(await before(own)).toBe('before: []');
      expect(await before(own)).toBe("before: ['0.txt']");
      expect(await before(other)).toBe('before: []');
      await site.awaitNothingLeft();
      expect(await site.listNames('volume', 'kind=local-data', `workspace=${own.id}`)).toHaveLength(1);
    } finally {
      await site.close();
    }
  });

  it('that may only be read can be read and not be changed', async () => {
    const installationId = randomUUID();
    const executor = createDockerExecutor({
      engine: { url: engine.url, tls: null },
      installationId,
      runnerImage: 'localhost/pumphouse-runner:{python}',
      bootstrapDir: join(repositoryFolder, 'python', 'pumphouse_bootstrap'),
      imageSources: null,
      buildLimits: { memoryBytes: 1024 ** 3, cpus: 1, processes: 256 },
      network: { name: null, egress: true },
    });
    const routes = await createAttemptRoutes('0.0.0.0');
    const uid = 60_910;
    try {
      const url = `http://${await executor.findGateway()}:${new URL(routes.url).port}`;
      const environment = await executor.buildEnvironment(
        {
          key: randomUUID(),
          organizationId: randomUUID(),
          pythonVersion: '3.13',
          requirements: [],
          variables: {},
          maskedValues: [],
          uid,
        },
        () => undefined,
      );
      const workspaceId = randomUUID();

      /** What a program reports that has the local data so. */
      const report = async (access: LocalDataAccess, action: string): Promise<unknown> => {
        const attemptId = randomUUID();
        const program = `
import json, os, urllib.request
folder = ".dlt/data/prod"
try:
    seen = ${action}
except OSError as error:
    seen = os.strerror(error.errno)
urllib.request.urlopen(urllib.request.Request("${url}/user-code/${attemptId}/report", json.dumps(seen).encode()))
`;
        routes.serve(attemptId, { program, variables: {} });
        const spec: AttemptSpec = {
          attemptId,
          jobRunId: randomUUID(),
          installationId,
          claimNumber: 1,
          attemptsUrl: url,
          bootstrapToken: `token-of-${attemptId}`,
          environment,
          workFolderName: 'shop',
          localData: { workspaceId, profile: 'prod', access },
          uid,
          limits: { memoryBytes: 256 * 1024 * 1024, cpus: 1, processes: 64 },
          network: 'shared',
        };
        const handle = await executor.start(spec);
        const seen = await routes.awaitReport(attemptId);
        await executor.stop(handle, { graceSeconds: 5 });
        await executor.remove(handle);
        return seen;
      };

      const write = (name: string) => `open(f"{folder}/${name}", "w").write("kept")`;
      const list = 'sorted(os.listdir(folder))';
      expect(await report('read-write', write('loaded.txt'))).toBe('kept'.length);
      expect(await report('read-only', 'open(f"{folder}/loaded.txt").read()')).toBe('kept');
      for (const change of [write('new.txt'), write('loaded.txt'), 'os.unlink(f"{folder}/loaded.txt")'])
        expect(await report('read-only', change)).toBe('Read-only file system');
      expect(await report('read-only', list)).toEqual(['loaded.txt']);
    } finally {
      await routes.close();
    }
  });
});
