import { activeRunStates } from '@pumphouse/contract';
import type { ExampleSite } from '../example-site.ts';
import { eventually } from '../../fixtures/eventually.ts';

/**
 * Starts the job load, once no other run is active. A refresh, because it has loaded everything until today.
 * @param options.isHeld false: it has ended when this returns
 * @returns the number of the run
 */
export async function startLoad(site: ExampleSite, { isHeld = false } = {}): Promise<string> {
  await awaitNoRuns(site);
  const { id } = await site.api.findJob('jobs.shop.load');
  const answer = await site.server.client.call('start_job', {
    params: { workspace_id: site.api.id, job_id: id },
    body: { refresh: true, ...(isHeld && { input: { hold: true } }) },
  });
  const jobRunId = answer.job_run_id;
  if (!jobRunId) throw new Error(`The job load was not started: ${JSON.stringify(answer)}`);
  const run = isHeld ? await site.api.getRun(jobRunId) : await site.api.awaitEnd(jobRunId);
  if (!isHeld && run.status !== 'completed') throw new Error(`The job load is ${run.status}`);
  return String(run.number);
}

/** Waits until no run of the workspace is active except those of apps, which go on. */
export async function awaitNoRuns(site: ExampleSite): Promise<void> {
  const params = { workspace_id: site.api.id };
  const query = { status: [...activeRunStates] };
  await eventually('no run is active', async () => {
    const { items } = await site.server.client.call('list_job_runs', { params, query });
    return items.every(({ job }) => job?.job_type === 'interactive');
  });
}
