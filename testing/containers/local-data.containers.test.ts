import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { createContainerSite, type ContainerSite } from './container-site.ts';

const writer = `
import os
folder = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}"
names = sorted(name for name in os.listdir(folder) if name != ".pumphouse")
print("before:", names)
with open(f"{folder}/{len(names)}.txt", "w") as file:
    file.write("kept")
`;

/** Takes the lock on a database as the hook does, without DuckDB, which the environment lacks. */
const holder = `
import os, sys, time
sys.path.insert(0, os.path.dirname(os.environ["PUMPHOUSE_DATABASE_LOCKS"]))
from database_locks.locks import read_locks

locks = read_locks()
folder = f".dlt/data/{os.environ['WORKSPACE__PROFILE']}"
hold = locks.acquire(locks.find_file(f"{folder}/shop.duckdb"), False)
print("has it open", flush=True)
while not os.path.exists(f"{folder}/over"):
    time.sleep(0.05)
hold.release()
`;
const release = `
import os
open(f".dlt/data/{os.environ['WORKSPACE__PROFILE']}/over", "w").close()
`;

describe.each(await findInstalledEngines())('with %s, local data', (kind) => {
  let engine: TestEngine;

  beforeAll(async () => {
    engine = await startTestEngine(kind);
  });
  afterAll(() => engine.close());

  it('of a batch run is available to the next run of its workspace, and to no other', async () => {
    const site: ContainerSite = await createContainerSite(engine);
    try {
      const [own, other] = [
        await site.deployScripts('own', { writer }),
        await site.deployScripts('other', { writer }),
      ];
      const before = async (workspace: typeof own) => {
        const { status, output } = await site.run(workspace, 'writer');
        expect(status).toBe('completed');
        return output;
      };
      expect(await before(own)).toBe('before: []');
      expect(await before(own)).toBe("before: ['0.txt']");
      expect(await before(other)).toBe('before: []');
      expect(await site.listLocalData(own)).toEqual(['0.txt', '1.txt']);
      await site.awaitNothingLeft();
      expect(await site.listNames('volume', 'kind=local-data', `workspace=${own.id}`)).toHaveLength(1);
    } finally {
      await site.close();
    }
  });

  it('has locks on database files that hold between containers', async () => {
    const site: ContainerSite = await createContainerSite(engine);
    try {
      const workspace = await site.deployScripts('locks', { holder, release });
      const first = await site.start(workspace, 'holder');
      await workspace.awaitLine(first, 'has it open');
      const second = await site.start(workspace, 'holder');
      await workspace.awaitLine(second, 'Waiting for the database shop.duckdb: run 1 of jobs.holder');
      expect((await site.run(workspace, 'release')).status).toBe('completed');
      for (const id of [first, second]) expect((await site.awaitEnd(workspace, id)).status).toBe('completed');
    } finally {
      await site.close();
    }
  });
});
