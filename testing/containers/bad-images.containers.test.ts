import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { createContainerSite, type ContainerSite } from './container-site.ts';

describe.each(await findInstalledEngines())('an image missing on %s', (kind) => {
  let engine: TestEngine;
  let site: ContainerSite | undefined;

  beforeAll(async () => {
    engine = await startTestEngine(kind);
  });
  afterAll(() => engine.close());

  /** How a run with this image ends. */
  async function runOn(image: string) {
    site = await createContainerSite(engine, { PUMPHOUSE_RUNNER_IMAGE: image });
    try {
      const workspace = await site.deployScripts('no-image', { main: 'print("never")\n' });
      const ended = await site.run(workspace, 'main');
      await site.awaitNothingLeft();
      return { ...ended, alive: (await fetch(`${site.server.url}/healthz`)).status };
    } finally {
      await site.close();
    }
  }

  it("of an unreachable registry: the run fails with the engine's message and the next step", async () => {
    const ended = await runOn('127.0.0.1:1/none:{python}');
    expect(ended).toMatchObject({ status: 'failed', output: '', alive: 200 });
    expect(ended.lastLine).toMatch(/^Pumphouse: Failed \(executor_image\): /);
    expect(ended.lastLine).toMatch(
      /127\.0\.0\.1:1\/none:3\.\d+ could not be pulled: .*connection refused\. .*PUMPHOUSE_RUNNER_IMAGE/,
    );
    expect(ended.lastLine).not.toContain('HTTP code');
  });

  it('that no registry has: the run fails with the command that builds it', async () => {
    const ended = await runOn('localhost/nobody-has-built:{python}');
    expect(ended).toMatchObject({ status: 'failed', output: '', alive: 200 });
    expect(ended.lastLine).toMatch(/^Pumphouse: Failed \(executor_image\): /);
    expect(ended.lastLine).toMatch(
      /no image localhost\/nobody-has-built:3\.\d+\. .*npm run images.*PUMPHOUSE_RUNNER_IMAGE/,
    );
  });
});
