import { afterEach, describe, expect, it } from 'vitest';
import type { TestServer } from '../fixtures/server.ts';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createMachine } from '../fixtures/test-machine.ts';
import { eventually } from '../fixtures/eventually.ts';
import { findInstalledEngines, startTestEngine } from '../fixtures/container-engine.ts';
import { restoreFolder } from '../fixtures/restore-folder.ts';
import { triggerJob } from '../fixtures/deploy-workspace.ts';
import { createContainerSite, endless, neighbourScript } from './container-site.ts';

let cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  cleanUps = [];
});

const readUnknown = async ({ url }: TestServer): Promise<number | undefined> => {
  const answer = await fetch(`${url}/readyz`);
  return ((await answer.json()) as { runs: { unknown: number } | null }).runs?.unknown;
};

describe.each(await findInstalledEngines())('a data folder restored under another %s', (kind) => {
  it('has runs that all end, and jobs that run again there', async () => {
    const first = await startTestEngine(kind);
    let isFirstOpen = true;
    const closeFirst = async () => {
      if (isFirstOpen) await first.close();
      isFirstOpen = false;
    };
    cleanUps.push(closeFirst);
    const site = await createContainerSite(first, {
      PUMPHOUSE_MAX_ACTIVE_RUNS: '2',
      PUMPHOUSE_UNKNOWN_MINUTES: '0.02',
    });
    cleanUps.push(() => site.close());
    const scripts = { one: endless, other: endless, ...neighbourScript };
    const workspace = await site.deployScripts('moved', scripts);
    const held = [await site.start(workspace, 'one'), await site.start(workspace, 'other')];
    for (const run of held) await workspace.awaitLine(run, 'is there');
    await site.server.end('SIGKILL');
    await closeFirst();
    await restoreFolder(site.server.dataDir);

    const second = await startTestEngine(kind);
    cleanUps.push(() => second.close());
    const moved = await site.server.restart(
      { PUMPHOUSE_ENGINE_URL: second.url },
      { machine: await createMachine() },
    );
    cleanUps.push(() => moved.end('SIGTERM'));
    await eventually('both runs are unknown', async () => (await readUnknown(moved)) === 2);
    const there = createApiWorkspace(moved, workspace.id);
    // The unknown runs hold no slot, although the server has only two.
    const fresh = await triggerJob(moved, workspace.id, 'jobs.neighbour');
    expect((await there.awaitEnd(fresh)).status).toBe('completed');

    for (const run of held) {
      const params = { workspace_id: workspace.id, job_run_id: run };
      await moved.client.call('cancel_job_run', { params });
      await there.awaitEnd(run);
      const timeline = await moved.client.call('get_job_run_life', { params });
      expect([timeline.status, timeline.failure?.code]).toEqual(['failed', 'attempt_unknown']);
    }
    await eventually('no run is unknown', async () => (await readUnknown(moved)) === 0);
    const again = await triggerJob(moved, workspace.id, 'jobs.one');
    await there.awaitLine(again, 'is there');
    await moved.client.call('cancel_job_run', {
      params: { workspace_id: workspace.id, job_run_id: again },
    });
    expect((await there.awaitEnd(again)).status).toBe('cancelled');
  });
});
