import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import { findInstalledEngines, startTestEngine, type TestEngine } from '../fixtures/container-engine.ts';
import { eventually } from '../fixtures/eventually.ts';
import { createContainerSite, endless, neighbourScript, type ContainerSite } from './container-site.ts';
import { startPrivateIndex, type PrivateIndex } from './private-index.ts';

/** Ends when a certain file exists. */
const held = `
import os, time
print("is held", flush=True)
while not os.path.exists("/tmp/go-on"):
    time.sleep(0.1)
print("is done", flush=True)
`;

describe.each(await findInstalledEngines())('with %s', (kind) => {
  let engine: TestEngine;
  let site: ContainerSite;
  let workspace: ApiWorkspace;
  let index: PrivateIndex;

  beforeAll(async () => {
    engine = await startTestEngine(kind);
    index = await startPrivateIndex({ isHeld: true });
    site = await createContainerSite(engine, index.settings);
    workspace = await site.deployScripts('engine-loss', { endless, held, ...neighbourScript });
    expect(await site.run(workspace, 'neighbour')).toMatchObject({ status: 'completed', output: 'is well' });
  });
  afterAll(async () => {
    await index.close();
    await site.close();
    await engine.close();
  });

  /**
   * Starts an endless run and waits until its code runs.
   * @returns its id and the name of its container
   */
  async function startEndless(): Promise<{ id: string; container: string }> {
    const id = await site.start(workspace, 'endless');
    await workspace.awaitLine(id, 'is there');
    return { id, container: await site.findContainer(id) };
  }

  it('a container that is killed from outside: the run is lost, and its log names the cause', async () => {
    const { id, container } = await startEndless();
    await engine.call(['kill', '--signal', 'KILL', container]);
    const ended = await site.awaitEnd(workspace, id);
    expect(ended).toMatchObject({ status: 'failed', output: 'is there' });
    expect(ended.lastLine).toMatch(
      /^Pumphouse: Failed \(attempt_lost\): Its container was ended from outside by signal 9 .*Start the job again/,
    );
    await site.awaitNothingLeft();
  });

  it('a container that is removed from outside: the run is lost, and its log says so', async () => {
    const { id, container } = await startEndless();
    await engine.call(['rm', '--force', ...(kind === 'podman' ? ['--time', '0'] : []), container]);
    const ended = await site.awaitEnd(workspace, id);
    expect(ended).toMatchObject({ status: 'failed', output: 'is there' });
    expect(ended.lastLine).toMatch(/^Pumphouse: Failed \(attempt_lost\): Its container no longer exists\. /);
    await site.awaitNothingLeft();
  });

  it('an engine that is down when a run should start: the run waits and says why, and starts once it is back', async () => {
    await engine.kill();
    const id = await site.start(workspace, 'neighbour');
    const params = { workspace_id: workspace.id, job_run_id: id };
    const wait = await eventually('the run says why it waits', async () => {
      const { waiting } = await site.server.client.call('get_job_run_life', { params });
      return waiting?.reason.startsWith('No run can start now: ') && waiting.reason;
    });
    expect(wait).toMatch(/container engine at .* does not answer/);
    const { status, reasons } = await site.readReadiness();
    expect(status).toBe(503);
    expect(wait).toBe(reasons.replace('executor: ', 'No run can start now: '));
    expect(await workspace.getRun(id)).toMatchObject({ status: 'pending' });
    await engine.start();
    expect(await site.awaitEnd(workspace, id)).toMatchObject({ status: 'completed', output: 'is well' });
    expect(await site.readReadiness()).toEqual({ status: 200, reasons: '' });
    await site.awaitNothingLeft();
  });

  it('an engine that goes down during a run: the server keeps responding, and nothing is left afterwards', async () => {
    const { id } = await startEndless();
    await engine.kill();
    await eventually('the server is not ready', async () => (await site.readReadiness()).status === 503);
    expect((await fetch(`${site.server.url}/healthz`)).status).toBe(200);
    // The state of the container is unknown, which does not end the run.
    expect(await workspace.getRun(id)).toMatchObject({ status: 'running' });
    await engine.start();
    await eventually('the server is ready again', async () => (await site.readReadiness()).status === 200);
    if (kind === 'podman') {
      expect(await workspace.getRun(id)).toMatchObject({ status: 'running' });
      await site.cancel(workspace, id);
      expect(await site.awaitEnd(workspace, id)).toMatchObject({ status: 'cancelled', output: 'is there' });
    } else {
      // At its start the engine stops what ran without it.
      const ended = await site.awaitEnd(workspace, id);
      expect(ended.status).toBe('failed');
      expect(ended.lastLine).toMatch(/^Pumphouse: Failed \(/);
    }
    await site.awaitNothingLeft();
  });

  // Docker's command can do nothing while its engine is down.
  it.runIf(kind === 'podman')('an engine that is down when a run ends: the run completes', async () => {
    const id = await site.start(workspace, 'held');
    await workspace.awaitLine(id, 'is held');
    const container = await site.findContainer(id);
    await engine.kill();
    await engine.call(['exec', container, 'touch', '/tmp/go-on']);
    expect(await site.awaitEnd(workspace, id)).toMatchObject({
      status: 'completed',
      output: 'is held\nis done',
    });
    await engine.start();
    await site.awaitNothingLeft();
  });

  // This test is last, because resources of the first build stay on the engine for ten minutes before they
  // count as orphaned.
  it('an engine that goes down during an environment build: it is built when the engine is back', async () => {
    const other = await site.deployScripts('new-environment', neighbourScript);
    const value = await index.describeUrl(engine, 'none');
    await site.server.client.call('update_workspace_variables', {
      params: { workspace_id: other.id },
      body: { profile: null, upserts: [{ name: 'UV_INDEX', type: 'secret', value }] },
    });
    const id = await site.start(other, 'neighbour');
    await eventually('the build asks its index', () => index.passwords().length > 0);
    await engine.kill();
    await eventually('the server is not ready', async () => (await site.readReadiness()).status === 503);
    expect(await other.getRun(id)).toMatchObject({ status: 'starting' });
    index.release();
    await engine.start();
    expect(await site.awaitEnd(other, id)).toMatchObject({ status: 'completed', output: 'is well' });
  });
});
