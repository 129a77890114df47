import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
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
      await site.awaitNothingLeft();
      expect(await site.listNames('volume', 'kind=local-data', `workspace=${own.id}`)).toHaveLength(1);
    } finally {
      await site.close();
    }
  });
});
