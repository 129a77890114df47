/** Runs in containers that have waited for them. */
import { connectEngine } from '@pumphouse/server/executors/docker/engine.ts';
import { attemptName, labels } from '@pumphouse/server/executors/docker/names.ts';
import { eventually } from '../fixtures/eventually.ts';
import { readMetric } from '../fixtures/read-metric.ts';
import type { TestServer } from '../fixtures/server.ts';
import type { FaultSite } from './fault-site.ts';

/** A slot is prepared after the second start within an hour. */
const startsBeforeSlot = 2;

/** Runs jobs until a container waits for the next run. A server that is to pause at a moment does not do so meanwhile. */
export async function warmUpSlot(site: FaultSite, server: TestServer): Promise<void> {
  for (let start = 0; start < startsBeforeSlot; start += 1)
    await site.of(server).awaitEnd(await site.trigger(server, 'jobs.follow'));
  await awaitSlot(server);
  await site.awaitTidiness();
}

export async function awaitSlot(server: TestServer): Promise<void> {
  await eventually('a container waits', async () => (await readMetric(server, 'pumphouse_templates')) > 0);
}

/** How many runs this server has started in slots, known while a slot waits. */
export async function countSlotRuns(server: TestServer): Promise<number> {
  await awaitSlot(server);
  return readMetric(server, 'pumphouse_templates_runs');
}

/** Whether the container of an attempt has waited for it. */
export async function isInSlot(attemptId: string): Promise<boolean> {
  const url = process.env['PUMPHOUSE_TEST_ENGINE_URL'] ?? '';
  const engine = await connectEngine({ url, tls: null });
  const { Config: config } = await engine.getContainer(attemptName(attemptId)).inspect();
  return config.Labels[labels.slot] !== undefined;
}
